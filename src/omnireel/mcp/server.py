"""The MCP server, whatever carries it: lists the tools, runs one, and turns every ending into an answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from omnireel.client._async import AsyncClient
from omnireel.client._awaiting import open_async_http
from omnireel.client.errors import APIError
from omnireel.client.types import Task
from omnireel.errors import OmnireelError
from omnireel.mcp.advice import advise
from omnireel.mcp.answers import Result
from omnireel.mcp.roots import Forbidden, Roots
from omnireel.mcp.tools import Tool, Visit, tools
from omnireel.version import __version__

INSTRUCTIONS: Final = (
    "Omnireel makes and restyles short videos. submit_task returns a task_id at once; wait_task waits for it;"
    " a finished task lists links to the video and its poster. Tell the user what `warnings` says."
)
_log = logging.getLogger(__name__)

KeyOf = Callable[[Any], str]
"""The API key for a call, by its HTTP request (None on stdio). Raises APIError, OmnireelError."""

ClientOf = Callable[[Any], AsyncClient]
"""The caller's own SDK client, likewise."""


def make_server(base_url: str, roots: Roots, key_of: KeyOf) -> Server[ClientOf]:
    """A server that asks Omnireel as whoever calls it."""

    @asynccontextmanager
    async def clients(_: Server[ClientOf]) -> AsyncIterator[ClientOf]:
        async with open_async_http() as pool:
            yield lambda request: AsyncClient(base_url, key_of(request), http=pool)

    desk = Desk(roots)
    return Server(
        "omnireel",
        version=__version__,
        title="Omnireel",
        instructions=INSTRUCTIONS,
        lifespan=clients,
        on_list_tools=desk.list_tools,
        on_call_tool=desk.call_tool,
    )


class Desk:
    """Where calls arrive."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._tools: dict[str, Tool[Any]] = {tool.name: tool for tool in tools(roots)}

    async def list_tools(
        self, _context: ServerRequestContext[ClientOf], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[tool.published() for tool in self._tools.values()])

    async def call_tool(
        self, context: ServerRequestContext[ClientOf], params: CallToolRequestParams
    ) -> CallToolResult:
        tool = self._tools.get(params.name)
        if tool is None:
            return _refusal(
                f"There is no tool {params.name[:80]!r}.\nNext: call one of {', '.join(self._tools)}."
            )
        try:
            client = context.lifespan_context(context.request)
            visit = Visit(client, self._roots, _Watcher(context).see)
            return _success(await tool.call(visit, params.arguments or {}))
        except ValidationError as error:
            return _refusal(_misfits(tool, error))
        except Forbidden as error:
            return _refusal(
                f"{error}\nNext: ask the user for a file in an allowed folder, or to start the MCP server"
                " with --root and the file's folder."
            )
        except APIError as error:
            return _refusal(advise(error))
        except OmnireelError as error:
            return _refusal(f"{error}\nNext: tell the user.")
        except Exception:  # noqa: BLE001 - what went wrong inside is for the log, not for a model
            _log.exception("the tool %s broke", tool.name)
            return _refusal(
                "Something failed inside the MCP server.\nNext: tell the user; its log says more."
            )


class _Watcher:
    """Tells the caller how far a task is, when it is further; progress must never stand still."""

    def __init__(self, context: ServerRequestContext[ClientOf]) -> None:
        self._session = context.session
        self._told = -1.0

    async def see(self, task: Task) -> None:
        progress = 1.0 if task.status.terminal else task.progress or 0.0
        if progress > self._told:
            self._told = progress
            await self._session.report_progress(progress, 1.0, task.note or task.status)


def _success(result: Result) -> CallToolResult:
    content = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return CallToolResult(content=[TextContent(text=result.sentence())], structured_content=content)


def _refusal(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


def _misfits(tool: Tool[Any], error: ValidationError) -> str:
    """What does not fit, without repeating it."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    words = [f"{'.'.join(map(str, fault['loc']))}: {_fault(fault)}" for fault in faults]
    return f"{tool.name} takes other arguments. " + "; ".join(words) + "\nNext: change them and call again."


def _fault(fault: ErrorDetails) -> str:
    if fault["type"] == "string_pattern_mismatch":
        return "must be an http(s) link; local files go through upload_file, whose url is one"
    return fault["msg"]
