from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.client.loopback import Answer, Loopback, Script, Seen, enveloped, receipt, refused

from omnireel import Client, DownloadFailed, Result

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
