"""An account with Kling over HTTP: tokens, envelopes, error codes.

Kling's table of codes decides what an answer means, whatever its HTTP status: 1000 to 1004 are about the
token, 1100 to 1103 about the account, 1200 to 1203 about the request, 1300 to 1305 about policy and pace,
5000 and above about itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx2
import jwt

from omnireel.engines.sidecar.server import Forgotten, Silent, Unreached
from omnireel.engines.upstream.kling.options import KlingOptions
from omnireel.errors import EngineFailed, EngineUnavailable

PATH: Final = "/v1/videos/omni-video"
TOKEN_SECONDS: Final = 300
"""A token is good for one call and the clocks' difference."""
EARLIER_SECONDS: Final = 30
ANSWER_SECONDS: Final = 15.0
SUBMIT_SECONDS: Final = 120.0
"""Pictures go along in the body."""
MAX_ANSWER: Final = 1024**2
MAX_REASON: Final = 500

TOKEN: Final = range(1000, 1005)
EMPTY: Final = range(1100, 1103)
NO_ACCESS: Final = frozenset({1103, 1304})
UNKNOWN: Final = 1203
CROWDED: Final = frozenset({1302, 1303, 1305})
ITSELF: Final = 5000


class Refused(Exception):
    """It understood, and will not. Nothing was ordered by that."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def crowded(self) -> bool:
        """Whether it may be taken later: too many calls, or too many orders at once."""
        return self.code in CROWDED

    def explained(self) -> EngineFailed | EngineUnavailable:
        """What it means for the attempt."""
        if self.code in TOKEN:
            return EngineUnavailable("the upstream does not take this server's keys")
        if self.code in EMPTY:
            return EngineUnavailable("this server's account with the upstream is empty or suspended")
        if self.code in NO_ACCESS:
            return EngineUnavailable("this server's account with the upstream may not do this")
        if self.crowded:
            return EngineUnavailable(f"the upstream takes no orders now: {self}")
        return EngineFailed(f"the upstream refuses the request: {self}")


@dataclass(frozen=True)
class KlingOrder:
    """An order as Kling tells of it. `status` is submitted, processing, succeed or failed; `message` says why
    it failed; `link` is where the clip is, "" until there is one.
    """

    order_id: str
    status: str
    message: str = ""
    link: str = ""
    warnings: tuple[str, ...] = ()


class Account:
    """`http` is not closed here."""

    def __init__(self, options: KlingOptions, http: httpx2.Client) -> None:
        self._options = options
        self._http = http

    def check(self) -> None:
        """Whether it answers this account. Raises Refused, Silent."""
        self._ask("GET", f"{PATH}?pageNum=1&pageSize=1")

    def create(self, body: Mapping[str, Any]) -> KlingOrder:
        """Raises Refused, Unreached when nothing can have arrived, Silent when nobody knows."""
        return self._order(self._ask("POST", PATH, body))

    def show(self, name: str) -> KlingOrder:
        """An order by its id, or by the name it was given. Raises Forgotten, Refused, Silent."""
        try:
            return self._order(self._ask("GET", f"{PATH}/{quote(name, safe='')}"))
        except Refused as refusal:
            if refusal.code == UNKNOWN:
                raise Forgotten(name) from None
            raise

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What is in the envelope."""
        headers = {"Authorization": f"Bearer {token(self._options, time.time())}"}
        seconds = ANSWER_SECONDS if body is None else SUBMIT_SECONDS
        url = self._options.base_url + path
        try:
            answer = self._http.request(method, url, headers=headers, json=body, timeout=seconds)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Unreached(f"it cannot be reached ({type(error).__name__})") from error
        except httpx2.HTTPError as error:
            raise Silent(f"it does not answer ({type(error).__name__})") from error
        return _opened(answer)

    def _order(self, data: Any) -> KlingOrder:
        match data:
            case {"task_id": str(order_id), "task_status": str(status)} if order_id:
                return KlingOrder(
                    order_id, status, _text(data.get("task_status_msg")), _link(data), _warnings(data)
                )
        raise Silent("it answers without a task")


def token(options: KlingOptions, now: float) -> str:
    """A JWT (RFC 7519) as Kling asks for it: HS256, `iss` the access key. `now` in unix seconds."""
    claims = {
        "iss": options.access_key,
        "exp": int(now) + TOKEN_SECONDS,
        "nbf": int(now) - EARLIER_SECONDS,
    }
    return jwt.encode(claims, options.secret_key.get_secret_value(), algorithm="HS256")


def _opened(answer: httpx2.Response) -> Any:
    """Raises Refused for a code that is an answer, Silent for anything that is none."""
    match _json(answer):
        case {"code": 0, "data": data}:
            return data
        case {"code": int(code)} as envelope if 0 < code < ITSELF:
            raise Refused(code, _text(envelope.get("message")) or f"code {code}")
        case {"code": int(code)}:
            raise Silent(f"it failed with code {code}")
    raise Silent(f"it answers with something else (status {answer.status_code})")


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json() if len(answer.content) <= MAX_ANSWER else None
    except (ValueError, RecursionError):
        return None


def _link(data: Mapping[str, Any]) -> str:
    match data.get("task_result"):
        case {"videos": [{"url": str(link)}, *_]}:
            return link
    return ""


def _warnings(data: Mapping[str, Any]) -> tuple[str, ...]:
    """A field of Omnireel's, which tells there what was changed."""
    said = data.get("warnings")
    return tuple(map(_text, said)) if isinstance(said, list) else ()


def _text(value: object) -> str:
    return value[:MAX_REASON] if isinstance(value, str) else ""
