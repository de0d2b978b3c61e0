from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.client.loopback import Answer, Loopback, Script, Seen, enveloped, receipt, refused

from omnireel import Client, DownloadFailed, Resource, Result
from omnireel.client._download import choose_target

DATA = bytes(i * 7 % 251 for i in range(300_000))
DIGEST = hashlib.sha256(DATA).hexdigest()


def resource(server: Loopback, **changes: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "url": server.base_url + "/files/task/clip%20one.mp4?signature=s1",
        "type": "video",
        "role": "primary",
        "format": "mp4",
        "size": len(DATA),
        "sha256": DIGEST,
    }
    return facts | changes


def finished(server: Loopback, client: Client, **changes: object) -> Result:
    """A finished task whose file is what the script plays next."""
    task = receipt() | {"status": "success", "result": {"resources": [resource(server, **changes)]}}
    script = server.script
    server.script = [enveloped(task)]
    result = client.tasks.wait("t")
    server.script = script
    server.seen.clear()
    return result


def ranged(cut: int | None = None) -> Callable[[Seen], Answer]:
    """An honest file server; with `cut`, it hangs up after that many bytes."""

    def answer(seen: Seen) -> Answer:
        asked = re.fullmatch(r"bytes=(\d+)-", seen.headers.get("range", ""))
        start = int(asked[1]) if asked else 0
        headers = {"Content-Range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"} if asked else {}
        return Answer(206 if asked else 200, DATA[start:], headers, cut=cut)

    return answer


def test_a_result_is_saved_under_the_path_given(server: Loopback, client: Client, tmp_path: Path) -> None:
    server.script = [ranged()]

    saved = finished(server, client).download(tmp_path / "out.mp4")

    assert saved.read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_no_key_is_sent_with_a_download(server: Loopback, client: Client, tmp_path: Path) -> None:
    server.script = [ranged()]

    finished(server, client).download(tmp_path / "out.mp4")

    assert [seen.headers.get("authorization") for seen in server.seen] == [None]


def test_in_a_folder_the_file_takes_the_links_name(server: Loopback, client: Client, tmp_path: Path) -> None:
    server.script = [ranged()]

    assert finished(server, client).download(tmp_path) == tmp_path / "clip one.mp4"


@pytest.mark.parametrize("path", ["/files/..", "/files/%2e%2e%2f%2e%2e%2fetc", "/", "/files/%2Fetc%2Fpasswd"])
def test_a_link_cannot_lead_out_of_the_folder(
    server: Loopback, client: Client, tmp_path: Path, path: str
) -> None:
    server.script = [ranged()]

    saved = finished(server, client, url=server.base_url + path).download(tmp_path)

    assert saved.parent == tmp_path
    assert saved.read_bytes() == DATA


def test_a_cut_download_goes_on_where_it_ended(server: Loopback, client: Client, tmp_path: Path) -> None:
    server.script = [ranged(cut=200_000), ranged()]

    finished(server, client).download(tmp_path / "out.mp4")

    assert (tmp_path / "out.mp4").read_bytes() == DATA
    first, second = (seen.headers.get("range") for seen in server.seen)
    assert first is None
    assert second is not None
    assert int(re.sub(r"\D", "", second)) > 0


def test_a_later_call_goes_on_with_what_an_earlier_one_left(
    server: Loopback, client: Client, tmp_path: Path
) -> None:
    result = finished(server, client)
    server.script = [ranged(cut=200_000), Answer(404), refused(404, "Resource not found: gone")]
    with pytest.raises(Exception, match="gone"):
        result.download(tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()
    server.seen.clear()

    server.script = [ranged()]
    result.download(tmp_path / "out.mp4")

    assert (tmp_path / "out.mp4").read_bytes() == DATA
    assert "range" in server.seen[0].headers


def test_an_expired_link_is_renewed_once_asked(server: Loopback, client: Client, tmp_path: Path) -> None:
    result = finished(server, client)
    fresh = resource(server, url=server.base_url + "/files/clip.mp4?signature=s2")
    task = receipt() | {"status": "success", "result": {"resources": [fresh]}}
    server.script = [Answer(403), enveloped(task), ranged()]

    result.download(tmp_path / "out.mp4")

    assert (tmp_path / "out.mp4").read_bytes() == DATA
    assert server.seen[-1].path.endswith("signature=s2")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [(DATA[:-1] + b"\0", "sha256"), (DATA + b"more", "more than"), (DATA[:1000], "ended early|gave up")],
)
def test_wrong_bytes_never_appear_under_the_name(
    server: Loopback, client: Client, tmp_path: Path, body: bytes, complaint: str
) -> None:
    server.script = [Answer(200, body)]

    with pytest.raises(DownloadFailed, match=complaint):
        finished(server, client).download(tmp_path / "out.mp4")

    assert not (tmp_path / "out.mp4").exists()


def test_a_failed_download_leaves_an_earlier_file_alone(
    server: Loopback, client: Client, tmp_path: Path
) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"earlier")
    server.script = [Answer(200, DATA[::-1])]

    with pytest.raises(DownloadFailed):
        finished(server, client).download(target)

    assert target.read_bytes() == b"earlier"


def test_a_server_that_ignores_ranges_is_read_from_the_start(
    server: Loopback, client: Client, tmp_path: Path
) -> None:
    whole: list[Script] = [Answer(200, DATA, cut=200_000), Answer(200, DATA)]
    server.script = whole

    finished(server, client).download(tmp_path / "out.mp4")

    assert (tmp_path / "out.mp4").read_bytes() == DATA


def test_a_range_that_cannot_be_served_starts_over(server: Loopback, client: Client, tmp_path: Path) -> None:
    server.script = [ranged(cut=200_000), Answer(416), ranged()]

    finished(server, client).download(tmp_path / "out.mp4")

    assert (tmp_path / "out.mp4").read_bytes() == DATA
    assert "range" not in server.seen[-1].headers


def test_without_a_digest_nothing_is_left_behind_by_a_failure(
    server: Loopback, client: Client, tmp_path: Path
) -> None:
    result = finished(server, client, sha256=None)
    server.script = [Answer(500)]

    with pytest.raises(DownloadFailed, match="500"):
        result.download(tmp_path / "out.mp4")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(server: Loopback, client: Client, tmp_path: Path) -> None:
    server.script = [ranged()]

    with pytest.raises(DownloadFailed, match="No such file"):
        finished(server, client).download(tmp_path / "missing" / "out.mp4")


def test_a_link_that_is_no_web_address_is_told(server: Loopback, client: Client, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="cannot be followed"):
        finished(server, client, url="file:///etc/passwd").download(tmp_path / "out.mp4")


@pytest.mark.parametrize("said", ["../../etc/x", "a/b", "..", ".hidden", "a\\b", "a\0", "x" * 33, "a b"])
def test_what_a_server_calls_a_file_cannot_lead_out_of_the_folder(tmp_path: Path, said: str) -> None:
    role = Resource(url="http://a.example/", type="video", role=said, format="webm")
    form = Resource(url="http://a.example/", type="video", role="poster", format=said)

    assert choose_target(role, tmp_path) == tmp_path / "file.webm"
    assert choose_target(form, tmp_path) == tmp_path / "poster.mp4"


@pytest.mark.parametrize(
    "segment", [".bashrc", "-rf", "a%2Fb.mp4", "a%5Cb.mp4", "a%00.mp4", "a%0A.mp4", "C%3Ax", "x" * 300]
)
def test_a_link_that_ends_in_no_plain_name_gives_none(tmp_path: Path, segment: str) -> None:
    resource = Resource(url=f"http://a.example/{segment}", type="video", role="primary", format="mp4")

    assert choose_target(resource, tmp_path) == tmp_path / "primary.mp4"


HOLDER = """
import fcntl, sys
with open(sys.argv[1], "w+b") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(b"theirs")
    file.flush()
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_partial_that_another_process_writes_to_is_left_alone(
    server: Loopback, client: Client, tmp_path: Path
) -> None:
    partial = tmp_path / f".out.mp4.{DIGEST[:16]}.part"
    command = [sys.executable, "-c", HOLDER, str(partial)]
    server.script = [ranged()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        finished(server, client).download(tmp_path / "out.mp4")

        assert partial.read_bytes() == b"theirs"
        assert (tmp_path / "out.mp4").read_bytes() == DATA
        assert {path.name for path in tmp_path.iterdir()} == {partial.name, "out.mp4"}
        other.communicate()


def test_a_download_that_got_nothing_leaves_nothing(server: Loopback, client: Client, tmp_path: Path) -> None:
    result = finished(server, client)
    server.script = [Answer(500), Answer(400)]

    with pytest.raises(DownloadFailed, match="400"):
        result.download(tmp_path / "out.mp4")

    assert list(tmp_path.iterdir()) == []


def test_a_digest_that_is_none_names_no_file(server: Loopback, client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    server.script = [ranged(cut=200_000), Answer(400)]

    with pytest.raises(DownloadFailed, match="400"):
        finished(server, client, sha256="/../../x").download(folder / "out.mp4")

    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]
