"""What a process writes on standard error, from a process of its own: logging belongs to all of it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

PROGRAM = """
import logging, threading, warnings
import structlog
from omnireel.logs import configure_logs
from omnireel.telemetry.tracing import under
configure_logs({form!r}, {level!r}, prompts={prompts}, secrets=["p0stgres"])
log = structlog.get_logger()
structlog.contextvars.bind_contextvars(task="t1")
with under("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
    log.info("done", prompt="a secret plan", where="postgresql://u:p0stgres@h/db")
log.debug("detail")
logging.getLogger("uvicorn.error").info("Started on %s", "http://h/?signature=abc")
logging.getLogger("sqlalchemy.pool").warning("password p0stgres refused")
logging.getLogger("httpx2").info("noise")
warnings.warn("watch out: omr_live_abcdef")
def fall():
    raise ValueError("in a thread: omr_live_abcdef")
thread = threading.Thread(target=fall, name="worker")
thread.start(); thread.join()
try:
    1 / 0
except ZeroDivisionError:
    log.exception("broken")
raise RuntimeError("the end: p0stgres")
"""


def written(form: str = "auto", level: str = "info", *, prompts: bool = False) -> str:
    program = PROGRAM.format(form=form, level=level, prompts=prompts)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    return ended.stderr


def test_every_line_is_json_without_secrets_when_nobody_watches() -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in written().splitlines()]
    events = {line["event"]: line for line in lines}

    assert events["done"]["task"] == "t1"
    assert events["done"]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert "prompt" not in events["done"]
    assert events["Started on http://h/?***"]["logger"] == "uvicorn.error"
    assert "ZeroDivisionError" in events["broken"]["exception"]
    uncaught = [line for line in lines if line["event"] == "uncaught"]
    assert [line.get("thread") for line in uncaught] == ["worker", None]
    assert not {"detail", "noise"} & events.keys()
    whole = json.dumps(lines)
    assert not [
        secret for secret in ("p0stgres", "omr_live_abc", "signature", "secret plan") if secret in whole
    ]


def test_a_console_gets_lines_for_people_and_prompts_only_when_asked() -> None:
    told = written("console", "debug", prompts=True)

    assert "a secret plan" in told
    assert "detail" in told
    assert "p0stgres" not in told
    assert not told.startswith("{")
