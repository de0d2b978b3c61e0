"""Uploads, and files behind signed links: ranges, HEAD, tampering, and nothing that runs in a browser."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.service.house import BASE, O1, House, open_house

from omnireel.clock import ManualClock
from omnireel.models import MediaKind, MediaRef

FILES = "/api/v1/media/files"
CUT_OFF = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ncut o'
CONTENT = bytes(range(256)) * 40


def upload(house: House, name: str, content: bytes) -> dict[str, Any]:
    answer = house.client().post(FILES, files={"file": (name, content)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def made(house: House, folder: Path) -> str:
    """The link to a finished video of CONTENT, without its origin."""
    task_id = house.submit()
    house.succeed(house.claim(), CONTENT, folder)
    url = house.client().get(f"/api/v1/tasks/{task_id}").json()["data"]["result"]["resources"][0]["url"]
    return str(url).removeprefix(BASE)


def test_an_upload_is_answered_as_the_contract_says(house: House, picture: bytes) -> None:
    file = upload(house, "my cat.png", picture)

    assert file.keys() == {"file_id", "type", "url", "filename", "size", "created_at", "expires_at"}
    assert (file["type"], file["filename"], file["size"]) == ("image", "my cat.png", len(picture))
    assert file["url"].startswith(f"{BASE}/files/uploads/{file['file_id']}/my-cat.png?expires=")
    days = datetime.fromisoformat(file["expires_at"]) - datetime.fromisoformat(file["created_at"])
    assert days.days == 7
    assert list(house.values.scratch.iterdir()) == []


def test_an_uploaded_file_is_read_from_storage(house: House, clip: bytes) -> None:
    file = upload(house, "clip.mp4", clip)

    house.submit(videos=[file["url"]])

    (key,) = (info.key for info in house.blobs.list(""))
    assert key.startswith(f"inputs/default/{sha256(clip).hexdigest()}-")
    assert house.claim().request.videos == (MediaRef(MediaKind.VIDEO, f"blob:{key}"),)
    assert house.stranger().get(file["url"].removeprefix(BASE)).content == clip


def test_a_deleted_file_opens_for_nobody(house: House, picture: bytes) -> None:
    file, other = upload(house, "a.png", picture), upload(house, "b.png", picture)
    house.client().delete(f"{FILES}/{file['file_id']}")

    assert house.stranger().get(file["url"].removeprefix(BASE)).status_code == 404
    answer = house.client().post(O1, json={"prompt": "a", "images": [file["url"]]})
    assert answer.status_code == 400
    assert answer.json()["message"].endswith("parameter 'images[0]': the linked file is no longer here")
    assert house.stranger().get(other["url"].removeprefix(BASE)).content == picture


def test_uploads_are_listed_and_deleted_by_their_team_alone(house: House, picture: bytes) -> None:
    file = upload(house, "a.png", picture)
    mine, others = house.client(), house.client(house.keys.create("theirs", team="others").secret)

    assert [item["file_id"] for item in mine.get(FILES).json()["data"]["items"]] == [file["file_id"]]
    assert others.get(FILES).json()["data"]["items"] == []
    assert others.delete(f"{FILES}/{file['file_id']}").status_code == 404
    deleted = mine.delete(f"{FILES}/{file['file_id']}").json()["data"]
    assert deleted == {"file_id": file["file_id"], "deleted": True}
    assert mine.get(FILES).json()["data"]["items"] == []
    assert mine.delete(f"{FILES}/{file['file_id']}").status_code == 404


@pytest.mark.parametrize(
    ("name", "shown", "in_link"),
    [
        ("../../etc/passwd", "passwd", "passwd.png"),
        ("C:\\cats\\tom.png", "tom.png", "tom.png"),
        ("猫.png", "猫.png", "file.png"),
        ("a'b;c.html", "a'b;c.html", "a-b-c.png"),
        (".png", ".png", "png.png"),
        ("x" * 300 + ".png", "x" * 255, "x" * 80 + ".png"),
    ],
)
def test_a_name_leads_nowhere_else(house: House, picture: bytes, name: str, shown: str, in_link: str) -> None:
    file = upload(house, name, picture)

    assert file["filename"] == shown
    assert file["url"].partition("?")[0].endswith(f"/{in_link}")


def test_what_is_no_medium_is_refused_and_leaves_nothing(house: House) -> None:
    answer = house.client().post(FILES, files={"file": ("a.png", b"<script>alert(1)</script>" * 100)})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid format: parameter 'file': the file is")
    assert list(house.values.scratch.iterdir()) == []
    assert list(house.blobs.list("")) == []


def test_an_upload_above_its_limit_is_refused(tmp_path: Path, picture: bytes) -> None:
    with open_house(tmp_path, upload_image_bytes=1000, upload_video_bytes=50_000) as house:
        too_many = house.client().post(FILES, files={"file": ("a.png", picture)})
        far_too_many = house.client().post(FILES, files={"file": ("a.mp4", bytes(300_000))})

    assert len(picture) < 50_000
    assert (too_many.status_code, far_too_many.status_code) == (400, 413)
    assert too_many.json()["message"].startswith("Value out of range: parameter 'file'")
    assert far_too_many.json()["message"] == "Payload too large: the body must be at most 50000 bytes"


def test_an_upload_beyond_the_quota_is_refused_and_leaves_nothing(tmp_path: Path, picture: bytes) -> None:
    with open_house(tmp_path, upload_quota=2 * len(picture) - 1) as house:
        first = upload(house, "a.png", picture)
        # The form's length leaves open whether the file would fit: only the file itself tells.
        refused = house.client().post(FILES, files={"file": ("b.png", picture[:-1] + b"x")})
        listed = house.client().get(FILES).json()["data"]
        blobs = [info.key for info in house.blobs.list("")]
        house.client().delete(f"{FILES}/{first['file_id']}")
        again = house.client().post(FILES, files={"file": ("b.png", picture)})

    assert (refused.status_code, refused.json()) == (
        413,
        {
            "code": 413,
            "message": f"Payload too large: the team's uploaded files may take {2 * len(picture) - 1} bytes "
            f"together, {len(picture)} are used and this one has {len(picture)}; "
            "delete files or wait until some expire",
        },
    )
    assert (listed["used_bytes"], listed["quota_bytes"]) == (len(picture), 2 * len(picture) - 1)
    assert [item["file_id"] for item in listed["items"]] == [first["file_id"]]
    assert len(blobs) == 1
    assert list(house.values.scratch.iterdir()) == []
    assert again.status_code == 200


def test_an_upload_whose_length_says_too_much_is_refused_before_it_is_received(tmp_path: Path) -> None:
    with open_house(tmp_path, upload_quota=1000) as house:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = house.client().post(FILES, content=bytes(200_000), headers=headers)

    # Received, it would have been found malformed.
    assert answer.status_code == 413
    assert "0 are used" in answer.json()["message"]


def test_uploads_at_once_together_keep_to_the_quota(tmp_path: Path, picture: bytes) -> None:
    with open_house(tmp_path, upload_quota=3 * len(picture)) as house, ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(house.client().post, FILES, files={"file": ("a.png", picture)}) for _ in range(8)]
        statuses = Counter(answer.result().status_code for answer in sent)
        used = house.files.usage("default").used

    assert statuses == {200: 3, 413: 5}
    assert used == 3 * len(picture)


def test_a_deleted_files_link_ends_and_a_task_that_reads_it_goes_on(house: House, picture: bytes) -> None:
    file = upload(house, "a.png", picture)
    house.submit(images=[file["url"]])
    house.client().delete(f"{FILES}/{file['file_id']}")

    assert house.stranger().get(file["url"].removeprefix(BASE)).status_code == 404
    (image,) = house.claim().request.images
    assert house.blobs.path(image.blob_key or "").read_bytes() == picture


def test_a_file_is_gone_after_its_seven_days(tmp_path: Path, picture: bytes) -> None:
    clock = ManualClock(datetime.now(UTC))
    with open_house(tmp_path, clock=clock) as house:
        file = upload(house, "a.png", picture)
        clock.advance(seconds=7 * 86400 - 1)
        before = house.client().get(FILES).json()["data"]
        clock.advance(seconds=1)
        after = house.client().get(FILES).json()["data"]
        deleted = house.client().delete(f"{FILES}/{file['file_id']}")

    assert (len(before["items"]), before["used_bytes"]) == (1, len(picture))
    assert (after["items"], after["used_bytes"]) == ([], 0)
    assert deleted.status_code == 404


def test_the_form_needs_exactly_one_file(client: TestClient, picture: bytes) -> None:
    none = client.post(FILES, files={"other": ("a.png", picture)})
    two = client.post(FILES, files=[("file", ("a.png", picture)), ("file", ("b.png", picture))])

    expected = "Invalid parameters: the form must have exactly one field 'file', got "
    assert (none.status_code, none.json()["message"]) == (400, f"{expected}0")
    assert (two.status_code, two.json()["message"]) == (400, f"{expected}2")


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"--x--", 415),
        ("multipart/form-data; boundary=" + "x" * 300, b"", 415),
        ("multipart/form-data; boundary=x", b"nonsense", 400),
        ("multipart/form-data; boundary=x", b"", 400),
        (
            "multipart/form-data; boundary=x",
            CUT_OFF,
            400,
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A" * 100_000 + b": b\r\n\r\n", 400),
    ],
)
def test_a_malformed_form_is_refused(client: TestClient, kind: str, body: bytes, status: int) -> None:
    answer = client.post(FILES, content=body, headers={"Content-Type": kind})

    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == status


def test_a_result_is_served_without_a_key_and_inert(house: House, tmp_path: Path) -> None:
    answer = house.stranger().get(made(house, tmp_path))

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_what_callers_sent_is_only_ever_saved(house: House, picture: bytes) -> None:
    answer = house.stranger().get(upload(house, "a.png", picture)["url"].removeprefix(BASE))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.png"'


def test_head_tells_the_size_and_sends_nothing(house: House, tmp_path: Path) -> None:
    answer = house.stranger().head(made(house, tmp_path))

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(CONTENT)


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=100-199", 206, 100, 200),
        ("bytes=10000-", 206, 10000, 10240),
        ("bytes=-240", 206, 10000, 10240),
        ("bytes=-999999", 206, 0, 10240),
        ("bytes=0-999999", 206, 0, 10240),
        ("bytes=5-2", 200, 0, 10240),
        ("bytes=0-1,5-6", 200, 0, 10240),
        ("bytes=-", 200, 0, 10240),
        ("lines=1-2", 200, 0, 10240),
        ("bytes=" + "9" * 40 + "-", 200, 0, 10240),
    ],
)
def test_a_range_is_served_and_an_odd_one_ignored(
    house: House, tmp_path: Path, asked: str, status: int, start: int, end: int
) -> None:
    answer = house.stranger().get(made(house, tmp_path), headers={"Range": asked})

    assert (answer.status_code, answer.content) == (status, CONTENT[start:end])
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-99999", "bytes=-0"])
def test_a_range_beyond_the_end_is_416_in_the_envelope(house: House, tmp_path: Path, asked: str) -> None:
    answer = house.stranger().get(made(house, tmp_path), headers={"Range": asked})

    assert answer.status_code == 416
    assert answer.json() == {"code": 416, "message": "Range not satisfiable: the file has 10240 bytes"}
    assert answer.headers["Content-Range"] == "bytes */10240"


def test_no_changed_link_opens_anything(house: House, tmp_path: Path) -> None:
    link = made(house, tmp_path)
    stranger, luck = house.stranger(), random.Random(1)
    alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF%./?&=-_"
    # Behind "/files/": a change before it is a change of route, not of link.
    places = range(len("/files/"), len(link))

    for _ in range(500):
        place, letter = luck.choice(places), luck.choice(alphabet)
        changed = link[:place] + letter + link[place + 1 :]
        if changed != link:
            answer = stranger.get(changed)
            assert answer.status_code in (400, 403, 404), changed
            assert answer.json().keys() == {"code", "message"}
    assert stranger.get(link).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/files/",
        "/files/a",
        "/files/../omnireel.db",
        "/files/%2e%2e/omnireel.db",
        "/files//etc/passwd",
        "/files/a%00b",
    ],
)
def test_nothing_else_of_the_disk_is_served(house: House, path: str) -> None:
    answer = house.stranger().get(f"{path}?expires=99999999999&signature=" + "0" * 64)

    assert answer.status_code in (403, 404)


def test_a_link_ends_with_its_time(tmp_path: Path, picture: bytes) -> None:
    clock = ManualClock(datetime.now(UTC))
    with open_house(tmp_path, clock=clock) as house:
        url = upload(house, "a.png", picture)["url"]
        clock.advance(seconds=7 * 86400 - 1)
        assert house.stranger().get(url.removeprefix(BASE)).status_code == 200
        clock.advance(seconds=2)
        answer = house.stranger().get(url.removeprefix(BASE))
        used = house.client().post(O1, json={"prompt": "a", "images": [url]})

    assert answer.status_code == 403
    assert answer.json()["message"].startswith("Access denied: the link has expired")
    assert used.status_code == 400


def test_one_file_is_shown_to_its_team_alone(house: House, picture: bytes) -> None:
    file = upload(house, "a.png", picture)
    mine, others = house.client(), house.client(house.keys.create("theirs", team="others").secret)

    shown = mine.get(f"{FILES}/{file['file_id']}").json()["data"]

    assert {**shown, "url": ""} == {**file, "url": ""}
    assert house.stranger().get(shown["url"].removeprefix(BASE)).content == picture
    assert others.get(f"{FILES}/{file['file_id']}").status_code == 404


def test_a_long_list_of_files_comes_page_after_page(house: House, picture: bytes) -> None:
    made = [upload(house, f"{name}.png", picture)["file_id"] for name in "abc"]

    first = house.client().get(f"{FILES}?limit=2").json()["data"]
    house.client().delete(f"{FILES}/{first['items'][-1]['file_id']}")
    second = house.client().get(f"{FILES}?limit=2&cursor={first['next_cursor']}").json()["data"]

    assert [item["file_id"] for item in first["items"] + second["items"]] == made[::-1]
    assert (first["has_more"], second["has_more"], second.get("next_cursor")) == (True, False, None)


@pytest.mark.parametrize("cursor", ["x", "!!", "bmFuIHg", "MS41IA", "aW5mIHg", "AAAA"])
def test_a_cursor_that_no_page_gave_out_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get(f"{FILES}?cursor={cursor}")

    assert answer.status_code == 400
    assert answer.json()["message"].endswith("parameter 'cursor' must be one that a page gave out")
