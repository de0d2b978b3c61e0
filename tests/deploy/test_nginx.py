"""The settings for nginx, in a real one before two real servers."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from tests.deploy.tools import DEPLOY
from tests.real_server import real_server

CONF = (DEPLOY / "nginx" / "omnireel.conf").read_text()
NAME = "video.example"

pytestmark = [pytest.mark.system, pytest.mark.slow]


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def settled(folder: Path, port: int, places: list[str], authority: trustme.CA) -> Path:
    """The file with places of this test, inside what the rest of nginx needs."""
    certificate = authority.issue_cert(NAME)
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "server 127.0.0.1:8000;": " ".join(f"server {place};" for place in places),
        "/etc/ssl/video.example.pem": str(folder / "both.pem"),
        "/etc/ssl/private/video.example.key": str(folder / "both.pem"),
    }
    ours = CONF
    for old, new in changes.items():
        assert old in ours
        ours = ours.replace(old, new)
    kept = "".join(
        f"{name}_temp_path {folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Its workers must get into the folders of tests.
    user = "user root; " if os.getuid() == 0 else ""
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; {user}pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {kept}\n{ours}\n}}\n"
    )
    return whole


@contextmanager
def nginx(conf: Path, port: int) -> Iterator[None]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is not installed; on Debian: apt install nginx-light")
    looked = subprocess.run([program, "-t", "-c", conf], capture_output=True, text=True)
    assert "[warn]" not in looked.stderr, looked.stderr
    assert looked.returncode == 0, looked.stderr
    running = subprocess.Popen([program, "-c", conf], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(30)


def test_everything_goes_through_it_as_it_comes(tmp_path: Path) -> None:
    authority, port = trustme.CA(), free_port()
    with real_server(tmp_path, OMNIREEL_PUBLIC_URL=f"https://{NAME}") as server:
        # The second one has just gone.
        places = [server.origin.removeprefix("http://"), f"127.0.0.1:{free_port()}"]
        conf = settled(tmp_path, port, places, authority)
        trusted = ssl.create_default_context()
        authority.configure_trust(trusted)
        headers = {"Authorization": f"Bearer {server.key}", "Host": NAME}
        with (
            nginx(conf, port),
            httpx2.Client(
                base_url=f"https://127.0.0.1:{port}",
                headers=headers,
                verify=trusted,
                trust_env=False,
                timeout=60,
            ) as client,
        ):
            how: dict[str, Any] = {"extensions": {"sni_hostname": NAME}}
            submits = [
                client.post(
                    "/api/v1/kling/kling-video-o1/async",
                    json={"prompt": "fake:seconds=2 fake:steps=8"},
                    **how,
                )
                for _ in range(4)
            ]
            assert [answer.status_code for answer in submits] == [200] * 4
            task_id = submits[0].json()["data"]["task_id"]
            kinds = list[str]()
            with client.stream("GET", f"/api/v1/tasks/{task_id}/events", **how) as news:
                for line in news.iter_lines():
                    if line.startswith("event: "):
                        kinds.append(line.removeprefix("event: "))
                    if kinds == ["status"]:
                        # Held back, it would have come with the end.
                        now = client.get(f"/api/v1/tasks/{task_id}", **how).json()["data"]["status"]
                        assert now in ("pending", "processing")
            assert kinds[-1] == "terminal"
            large = client.post("/api/v1/media/files", files={"file": ("a.mp4", b"\0" * (70 << 20))}, **how)
            # Judged by the server, not refused for its size on the way.
            assert large.status_code == 400
            assert large.json()["message"].startswith("Invalid")
