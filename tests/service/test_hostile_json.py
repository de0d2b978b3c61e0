"""Hundreds of odd JSON texts in several places: refused or taken, never a server error."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient
from tests.service.house import O1, House

VALUES = [
    "", " ", "nul", "True", "+1", "01", "-", "-01", "1.", ".5", "1e", "1e+", "0x10", "1_000", "1,", ",",
    "[1,]", "[,1]", '["a" "b"]', "[1 2]", "{a:1}", "{'a':1}", '{"a"}', '{"a":}', '{"a":1,}',
    '{"a":1 "b":2}', "{1:1}", "[", "]", "{", "}", "[[[", "{}}", "[}", '"', '"\\', '"\\x41"', '"\\u12"',
    '"\\u12G4"', '"\\ud800\\u0041"', '"\\udc00"', '"\\ud83d\\ude00"', '"\x00"', '"\x1f"', '"a\nb"',
    '"\x7f"', "NaN", "nan", "Infinity", "-Infinity", "inf", "1e400", "-1e400", "1e-400", "9" * 20,
    "9" * 400, "9" * 5000, "-" + "9" * 5000, "0." + "9" * 5000, "1e99999999999", "9007199254740993",
    "18446744073709551616", "-9223372036854775809", "-0", "-0.0", "0e0", "/*x*/1", "1//x", "undefined",
    "function(){}", "<xml/>", "\u2028", '"\u2028"', '"\ufeff"', '"\u202e"', '"\U0001f3ac"', '"\ufffe"',
    "\ufeff1", "[" * 5000 + "]" * 5000, '{"a":' * 3000 + "1" + "}" * 3000, '"' + "\\n" * 3000 + '"',
    '"' + "\\u0000" * 100 + '"', "[" + "1," * 5000 + "1]", '{"__proto__": {"x": 1}}', '{"": ""}',
    '{"a":1,"a":2}', "[[],[[]]]", '"${jndi:ldap://x}"', '"\'; DROP TABLE task;--"',
]  # fmt: skip
BYTES = [
    b'"\xff\xfe"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"', b"\xff",
    b"\x00", b"\x00\x00", '"a"'.encode("utf-16-le"), '"a"'.encode("utf-32"), b'"\x80"', b"\xef\xbb\xbf1",
    b"\x1b[31m", b'"a\x0d\x0a"',
]  # fmt: skip
PLACES = {
    "as the body": b"%b",
    "as the prompt": b'{"prompt": %b}',
    "as a known field": b'{"prompt": "a", "duration": %b}',
    "as an unknown field": b'{"prompt": "a", "x": %b}',
    "as the images": b'{"prompt": "a", "images": %b}',
    "as a picture": b'{"prompt": "a", "images": [%b]}',
    "as a key": b'{"prompt": "a", %b: 1}',
}
ALL = [value.encode() for value in VALUES] + BYTES


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_hostile_json_is_answered_without_a_server_error(client: TestClient, place: bytes) -> None:
    for value in ALL:
        answer = client.post(O1, content=place % value, headers={"Content-Type": "application/json"})

        assert answer.status_code in (200, 400, 429), (value[:80], answer.text)
        assert answer.status_code == 200 or answer.json().keys() == {"code", "message"}
        assert len(answer.content) < 1000
        assert answer.headers["X-Request-ID"]


NAUGHTY = [
    "\x00", "a\x00b", "\u202eabc", "👩‍👩‍👧‍👦" * 50, "ʇunpᴉpᴉɔuᴉ", "Ω≈ç√∫", "<script>alert(1)</script>",
    "../../../etc/passwd", "%s%s%n", "{{7*7}}", "\r\nSet-Cookie: a=b", "田中さんにあげて下さい",
    "ثم نفس سقطت", "\u200b", "\\", '"', "\U0010ffff",
]  # fmt: skip


@pytest.mark.parametrize("ascii_only", [True, False])
def test_any_prompt_arrives_as_it_was_sent(house: House, ascii_only: bool) -> None:
    client = house.client()
    for prompt in NAUGHTY:
        body = json.dumps({"prompt": prompt}, ensure_ascii=ascii_only).encode()
        answer = client.post(O1, content=body, headers={"Content-Type": "application/json"})

        assert answer.status_code == 200, (prompt, answer.text)
        assert house.claim().request.prompt == prompt
