"""A stand-in for a language model behind an OpenAI-compatible chat endpoint, honest and otherwise."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema_rs

Habit = Callable[["LanguageModel", BaseHTTPRequestHandler], None]
"""How it answers a question."""


def a_shot(prompt: str = "a fox in the snow", seconds: object = 5, **more: Any) -> dict[str, Any]:
    """A shot of a script that says as little as one may."""
    nothing = dict.fromkeys(("camera", "framing", "place", "time_of_day", "weather", "mood"))
    empty: dict[str, list[Any]] = {"images": [], "subjects": [], "sounds": []}
    return {"prompt": prompt, "seconds": seconds, "transition": "cut"} | nothing | empty | more


def a_subject(noun: str = "fox", **more: Any) -> dict[str, Any]:
    return {"noun": noun, "count": 1, "colour": None, "size": None, "action": None, "image": None} | more


def a_script(*shots: dict[str, Any], styles: tuple[str, ...] = ()) -> str:
    return json.dumps({"styles": list(styles), "shots": list(shots or (a_shot(),))})


def completion(content: str, *, finish: str = "stop") -> bytes:
    """A chat completion as OpenAI's servers, vLLM, SGLang, llama.cpp and Ollama answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return json.dumps(
        {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    ).encode()


@dataclass
class LanguageModel:
    """`script` is what it says; `questions` and `keys` are what it was sent; `over` ends its slow habits."""

    script: str
    habit: Habit
    questions: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    base_url: str = ""


def says_it(model: LanguageModel, request: BaseHTTPRequestHandler) -> None:
    """An ordinary answer; a script that does not fit the schema it was given would be the test's fault."""
    schema = model.questions[-1]["response_format"]["json_schema"]["schema"]
    jsonschema_rs.validator_for(schema).validate(json.loads(model.script))
    answers(completion(model.script))(model, request)


def answers(body: bytes, status: int = 200, *headers: tuple[str, str]) -> Habit:
    """Always the same answer."""

    def habit(model: LanguageModel, request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return habit


def is_silent(model: LanguageModel, request: BaseHTTPRequestHandler) -> None:
    model.over.wait(120)


def drips(model: LanguageModel, request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: never quiet for long enough to look dead."""
    request.send_response(200)
    request.end_headers()
    while not model.over.wait(0.05):
        request.wfile.write(b" ")
        request.wfile.flush()


def floods(model: LanguageModel, request: BaseHTTPRequestHandler) -> None:
    """More than anybody should read."""
    request.send_response(200)
    request.end_headers()
    while not model.over.is_set():
        request.wfile.write(b" " * 65536)


def hangs_up(model: LanguageModel, request: BaseHTTPRequestHandler) -> None:
    """In the middle of its answer."""
    body = completion(model.script)
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])
    request.connection.shutdown(2)


@contextmanager
def language_model(script: str = "", habit: Habit = says_it) -> Iterator[LanguageModel]:
    """One on a free port of the loopback."""
    model = LanguageModel(script or a_script(), habit)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            model.questions.append(json.loads(body))
            model.keys.append(self.headers["Authorization"])
            model.paths.append(self.path)
            with suppress(OSError):
                model.habit(model, self)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield model
    finally:
        model.over.set()
        server.shutdown()
        thread.join(20)
        server.server_close()


def until(condition: Callable[[], bool], patience: float = 60.0) -> None:
    """Waits for something that must happen."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
