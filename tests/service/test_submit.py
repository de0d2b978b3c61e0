"""Submitting: the documented bodies, both paths, media in every form, and what must be refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.media_files import make_image
from tests.service.house import BASE, O1, OMNI, House, open_house

from omnireel.catalog.model import Terms
from omnireel.models import MediaKind, MediaRef
from omnireel.tasks.service import Admission

URL = "https://media.example.com/clip.mp4"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def message(answer: Any) -> str:
    return str(answer.json()["message"])


def stored(house: House) -> list[str]:
    """The keys of everything that is stored."""
    return [info.key for info in house.blobs.list("")]


@pytest.mark.parametrize("path", [O1, f"{O1}/async", OMNI, f"{OMNI}/async"])
def test_both_paths_of_both_models_answer_with_a_receipt(client: TestClient, path: str) -> None:
    answer = client.post(path, json={"prompt": "Restyle the street", "mode": "std"})

    receipt = answer.json()["data"]
    assert answer.status_code == 200
    assert re.fullmatch(r"task-t2v-[A-Za-z0-9]{22,}", receipt["task_id"])
    assert answer.json() == {
        "code": 0,
        "message": "success",
        "data": {
            "status": "pending",
            "task_id": receipt["task_id"],
            "model_id": path.split("/")[4],
            "get_result": {"method": "GET", "url": f"{BASE}/api/v1/tasks/{receipt['task_id']}"},
        },
    }


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("t2v", {"prompt": "A paper boat", "duration": 10, "aspect_ratio": "9:16", "sound": "on"}),
        ("t2v", {"prompt": "A short film", "multi_shot": True, "shot_type": "intelligence"}),
        ("i2v", {"prompt": "Animate @Image1", "images": ["https://example.com/a.jpg"]}),
        ("v2v", {"prompt": "Restyle the source video into a clay-animation look", "videos": [URL]}),
        (
            "v2v",
            {"prompt": "<<<video_1>>> with <<<image_1>>>", "videos": [URL], "images": [URL], "sound": "off"},
        ),
    ],
)
def test_the_documented_bodies_are_accepted(client: TestClient, kind: str, body: dict[str, Any]) -> None:
    answer = client.post(O1, json=body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["task_id"].startswith(f"task-{kind}-")


@pytest.mark.parametrize("form", ["{}", "data:image/png;base64,{}", "data:;base64,{}"])
def test_base64_is_stored_once_under_its_content(house: House, picture: bytes, form: str) -> None:
    house.submit(images=[form.format(encoded(picture))], image_types=["reference"])

    (key,) = stored(house)
    assert re.fullmatch(rf"inputs/default/{sha256(picture).hexdigest()}-[0-9a-f]{{8}}\.png", key)
    assert house.claim().request.images == (MediaRef(MediaKind.IMAGE, f"blob:{key}"),)
    assert house.blobs.path(key).read_bytes() == picture
    assert list(house.values.scratch.iterdir()) == []


def test_base64_whose_slashes_are_escaped_is_understood(house: House, picture: bytes) -> None:
    body = json.dumps({"prompt": "a cat", "images": [encoded(picture)]}).replace("/", "\\/")

    answer = house.client().post(O1, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 200, answer.text
    assert [house.blobs.path(key).read_bytes() for key in stored(house)] == [picture]


def test_equal_bytes_are_stored_once_for_each_team(house: House, picture: bytes) -> None:
    others = house.keys.create("theirs", team="others").secret
    body = {"prompt": "a cat", "images": [encoded(picture)] * 2, "image_types": ["reference"] * 2}

    for key in (house.key, house.key, others):
        assert house.client(key).post(O1, json=body).status_code == 200
    uploaded = [house.client().post("/api/v1/media/files", files={"file": (n, picture)}) for n in "ab"]
    house.submit(images=[uploaded[0].json()["data"]["url"]])

    ours, theirs = sorted(stored(house))
    assert (ours.split("/")[1], theirs.split("/")[1]) == ("default", "others")
    claims = [house.claim() for _ in range(4)]
    read = [{ref.blob_key for ref in claim.request.images} for claim in claims]
    assert read == [{ours}, {theirs}, {ours}, {ours}]


def test_bytes_that_went_missing_are_stored_anew(house: House, picture: bytes) -> None:
    house.submit(images=[encoded(picture)])
    (key,) = stored(house)
    house.blobs.delete(key)
    house.submit(images=[encoded(picture)])

    assert stored(house) == [key]


def test_a_source_video_may_come_inside_the_body(house: House, clip: bytes) -> None:
    house.submit(videos=[encoded(clip)])

    request = house.claim().request
    (key,) = stored(house)
    assert key.startswith(f"inputs/default/{sha256(clip).hexdigest()}-")
    assert request.videos == (MediaRef(MediaKind.VIDEO, f"blob:{key}"),)
    assert (request.duration, request.aspect_ratio) == (None, None)


def test_a_url_is_kept_for_the_worker_to_fetch(house: House) -> None:
    house.submit(videos=[URL])

    assert house.claim().request.videos == (MediaRef(MediaKind.VIDEO, URL),)


def test_a_label_sent_as_a_medium_is_no_medium(client: TestClient) -> None:
    answer = client.post(O1, json={"prompt": "a", "images": ["images[1]", "https://example.com/a.png"]})

    assert answer.status_code == 400
    assert message(answer).startswith("Invalid format: parameter 'images[0]' is not valid Base64")


def test_unknown_fields_are_noted_for_the_result(house: House) -> None:
    house.submit(cfg_scale=0.5)

    assert house.claim().request.notes == ("the unknown field 'cfg_scale' was ignored",)


def test_a_strict_server_refuses_unknown_fields(tmp_path: Path) -> None:
    with open_house(tmp_path, terms=Terms(strict=True)) as house:
        answer = house.client().post(O1, json={"prompt": "a cat", "cfg_scale": 0.5})

    assert answer.status_code == 400
    assert message(answer) == "Invalid parameters: parameter 'cfg_scale' is not known"


def test_what_the_engine_can_never_do_is_refused_at_once(client: TestClient) -> None:
    answer = client.post(O1, json={"prompt": "fake:refuse"})

    assert (answer.status_code, message(answer)) == (
        400,
        "Invalid parameters: the fake engine was told to refuse",
    )


def test_a_full_queue_says_when_to_come_back(tmp_path: Path) -> None:
    with open_house(tmp_path, admission=Admission(max_queued=1)) as house:
        house.submit()
        answer = house.client().post(O1, json={"prompt": "a cat"})

    assert answer.status_code == 503
    assert message(answer) == "Service unavailable: the queue is full"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_server_without_room_stores_nothing_of_what_it_refuses(tmp_path: Path, picture: bytes) -> None:
    no_disk = Admission(min_free_disk=10**13)
    with open_house(tmp_path, admission=no_disk) as house:
        submitted = house.client().post(O1, json={"prompt": "a cat", "images": [encoded(picture)]})
        uploaded = house.client().post(
            "/api/v1/media/files", files={"file": ("cat.png", picture, "image/png")}
        )

        for answer in (submitted, uploaded):
            assert (answer.status_code, message(answer)) == (
                503,
                "Service unavailable: the disk is almost full",
            )
        assert list(house.blobs.list("")) == []


def test_a_draining_server_refuses_submits(house: House) -> None:
    house.draining.set()

    answer = house.client().post(O1, json={"prompt": "a cat"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def with_body(body: bytes | Iterator[bytes]) -> dict[str, Any]:
    return {"content": body, "headers": {"Content-Type": "application/json"}}


def with_fields(**fields: Any) -> dict[str, Any]:
    return {"json": {"prompt": "a cat", **fields}}


MALFORMED: dict[str, tuple[dict[str, Any], int, str]] = {
    "nothing": (with_body(b""), 400, "Invalid format: the body is empty"),
    "white space": (with_body(b" \n"), 400, "Invalid format: the body is empty"),
    "not JSON": (with_body(b"prompt=a"), 400, "Invalid format: the body is not JSON"),
    "cut off": (with_body(b'{"prompt": "a'), 400, "Invalid format: the body is not JSON"),
    "more behind": (with_body(b'{"prompt": "a"} x'), 400, "Invalid format: the body is not JSON"),
    "an array": (with_body(b"[]"), 400, "Invalid format: the body must be a JSON object"),
    "a string": (with_body(b'"a"'), 400, "Invalid format: the body must be a JSON object"),
    "null": (with_body(b"null"), 400, "Invalid format: the body must be a JSON object"),
    "NaN": (with_body(b'{"prompt": "a", "seed": NaN}'), 400, "Invalid format: the body is not JSON"),
    "infinity": (
        with_body(b'{"prompt": "a", "seed": -Infinity}'),
        400,
        "Invalid format: the body is not JSON",
    ),
    "huge exponent": (with_body(b'{"prompt": "a", "seed": 1e999}'), 400, "Invalid format: parameter 'seed'"),
    "5,000 digits": (
        with_body(b'{"prompt": "a", "seed": %b}' % (b"9" * 5000)),
        400,
        "Invalid format: parameter 'seed' holds a number",
    ),
    "lone surrogate": (
        with_body(b'{"prompt": "\\ud800"}'),
        400,
        "Invalid format: the body holds half of a surrogate pair",
    ),
    "broken UTF-8": (
        with_body(b'{"prompt": "\xff"}'),
        400,
        "Invalid format: parameter 'prompt' is not UTF-8",
    ),
    "UTF-16": (
        with_body('{"prompt": "a"}'.encode("utf-16")),
        400,
        "Invalid format: the body must be UTF-8 without a byte order mark",
    ),
    "byte order mark": (
        with_body(b'\xef\xbb\xbf{"prompt": "a"}'),
        400,
        "Invalid format: the body must be UTF-8 without a byte order mark",
    ),
    "100,000 deep": (
        with_body(b'{"prompt": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        400,
        "Invalid format: the body is nested too deeply",
    ),
    "a million members": (
        with_body(b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b"}"),
        400,
        "Invalid format: the body has more than 20000 quotes or commas",
    ),
    "a name of five megabytes": (
        with_body(b'{"%b": 1}' % (b"k" * 5 * 2**20)),
        400,
        "Value out of range: the body beside its media must be at most 4194304 bytes",
    ),
    "no prompt": ({"json": {}}, 400, "Invalid parameters: parameter 'prompt' is required"),
    "null prompt": ({"json": {"prompt": None}}, 400, "Invalid parameters: parameter 'prompt' is required"),
    "a prompt of a megabyte": (
        with_fields(prompt="x" * 2**20),
        400,
        "Value out of range: parameter 'prompt'",
    ),
    "a wrong duration": (
        with_fields(duration=7),
        400,
        "Value out of range: parameter 'duration' must be 5 or 10, got 7",
    ),
    "sound on a video": (with_fields(videos=[URL], sound="on"), 400, "Invalid parameters: parameter 'sound'"),
    "a picture that is text": (
        with_fields(images=[encoded(b"<html>hello</html>")]),
        400,
        "Invalid format: parameter 'images[0]': the file is",
    ),
    "an empty picture": (
        with_fields(images=["data:image/png;base64,"]),
        400,
        "Invalid format: parameter 'images[0]'",
    ),
    "not Base64": (
        with_fields(images=["!!!!"]),
        400,
        "Invalid format: parameter 'images[0]' is not valid Base64",
    ),
    "another scheme": (
        with_fields(videos=["ftp://example.com/a.mp4"]),
        400,
        "Invalid format: parameter 'videos[0]' must be an http(s) URL or Base64, not a ftp: URL",
    ),
    "a file URL": (
        with_fields(images=["file:///etc/passwd"]),
        400,
        "Invalid format: parameter 'images[0]' must be",
    ),
    "a URL without a host": (
        with_fields(images=["http:///a.png"]),
        400,
        "Invalid format: parameter 'images[0]'",
    ),
    "a URL with a password": (
        with_fields(images=["http://me:s3cret@example.com/a.png"]),
        400,
        "Invalid format: parameter 'images[0]' must be a URL without a user name",
    ),
    "a URL with a line break": (
        with_fields(images=["http://example.com/a\r\nX: y"]),
        400,
        "Invalid format: parameter 'images[0]' must be a URL without white space",
    ),
    "an endless URL": (
        with_fields(images=["http://example.com/" + "a" * 9000]),
        400,
        "Value out of range: parameter 'images[0]' must be a URL of at most 8192 characters, got 9019",
    ),
    "a reference to nothing": (
        with_fields(prompt="@Image1"),
        400,
        "Invalid parameters: parameter 'prompt' refers",
    ),
    "an own link that was changed": (
        with_fields(images=[f"{BASE}/files/uploads/a/b.png?expires=99999999999&signature=00"]),
        400,
        "Invalid format: parameter 'images[0]': this link to a file of this service has expired",
    ),
    "a form": ({"data": {"prompt": "a"}}, 415, "Unsupported media type: the Content-Type must be"),
    "no type": ({"content": b'{"prompt": "a"}'}, 415, "Unsupported media type: the Content-Type must be"),
    "another charset": (
        {"content": b"{}", "headers": {"Content-Type": "application/json; charset=utf-16"}},
        415,
        "Unsupported media type: the body's charset must be utf-8",
    ),
    "compressed": (
        {"content": b"{}", "headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"}},
        415,
        "Unsupported media type: the body must come without a Content-Encoding",
    ),
}


@pytest.mark.parametrize(("request_parts", "status", "words"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_request_gets_a_clear_answer(
    house: House, request_parts: dict[str, Any], status: int, words: str
) -> None:
    answer = house.client().post(O1, **request_parts)

    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"code", "message"}
    assert answer.json()["code"] == status
    assert message(answer).startswith(words)
    assert len(message(answer)) < 300
    assert "s3cret" not in answer.text
    assert house.store.waiting() == 0


def test_a_picture_outside_the_limits_is_measured_in_the_message(house: House, tmp_path: Path) -> None:
    small = make_image(tmp_path / "small.png", width=200, height=400).read_bytes()

    answer = house.client().post(O1, **with_fields(images=[encoded(small)]))

    assert answer.status_code == 400
    words = "Value out of range: parameter 'images[0]': the image's width must be 300 to 8000 pixels, got 200"
    assert message(answer) == words


def test_a_clip_sent_as_a_picture_is_refused(house: House, clip: bytes) -> None:
    answer = house.client().post(O1, **with_fields(images=[encoded(clip)]))

    assert answer.status_code == 400
    assert message(answer).startswith("Invalid format: parameter 'images[0]': the file is an MP4 video")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_the_cap_is_413(tmp_path: Path, chunked: bool) -> None:
    pieces = [b'{"prompt": "', b"x" * 4096, b'"}']
    with open_house(tmp_path, max_body=2048) as house:
        answer = house.client().post(O1, **with_body(iter(pieces) if chunked else b"".join(pieces)))

    assert answer.status_code == 413
    assert message(answer) == "Payload too large: the body must be at most 2048 bytes"


def test_a_known_key_that_comes_twice_counts_the_last_time(house: House) -> None:
    answer = house.client().post(O1, **with_body(b'{"prompt": "a", "mode": "ultra", "mode": "std"}'))

    assert answer.status_code == 200
    assert house.claim().request.mode == "std"
