"""`omnireel cluster`: what the machines of a cluster do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from omnireel.cli.ending import ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import command_group
from omnireel.cli.server_extra import extra, server_extra
from omnireel.cli.settings_flags import DataFolder, settings_from

if TYPE_CHECKING:
    from omnireel.execution.cluster.looking import ClusterState, NodeState
    from omnireel.execution.cluster.messages import HostReport
    from omnireel.tasks.gauges import QueueState

_SHORT = 8
_GIB = 1024**3

app = command_group("Look at the Ray cluster that RAY_ADDRESS names, and at the queue it works on.")


@app.command()
def status(*, data: DataFolder = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Show nodes, what is free there, what runs where, and the queue."""
    talk = Output(json, quiet)
    with ending(talk), server_extra("cluster"), extra("ray", "cluster"):
        # Asked for here, so that its absence is told.
        import_module("ray")
        from omnireel.app.operators import inspect_queue
        from omnireel.execution.cluster.looking import cluster_state

        queue = inspect_queue(settings_from(data=data))
        state = cluster_state()
    talk.data("\n".join(_lines(state, queue)), _document(state, queue))


def _lines(state: ClusterState, queue: QueueState) -> Iterator[str]:
    yield from _table(
        ("NODE", "MACHINE", "STATE", "CPUS FREE", "GPUS FREE", "GIB FREE"), map(_node, state.nodes)
    )
    yield ""
    working = [host for host in state.hosts if host.task]
    yield from _table(("TASK", "ATTEMPT", "ENGINE", "NODE", "DONE", "SECONDS"), map(_attempt, working))
    yield ""
    yield f"Hosts that wait for a task: {len(state.hosts) - len(working)}{_warm(state)}"
    waiting, running = _going(queue, "pending"), _going(queue, "processing")
    yield f"Queue: {waiting} wait, the oldest for {queue.oldest:.0f} s; {running} are worked on"
    yield f"Dispatchers: {queue.crew.workers}, with room for {queue.crew.slots} tasks"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    cells = [heads, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _node(node: NodeState) -> tuple[str, ...]:
    state = "alive" if node.alive else "dead"
    counted = [
        f"{node.free.get(name, 0):g} of {node.total.get(name, 0):g}" if node.alive else "-"
        for name in ("CPU", "GPU")
    ]
    free, total = node.free.get("memory", 0) / _GIB, node.total.get("memory", 0) / _GIB
    return (
        node.node[:_SHORT],
        node.machine,
        state,
        *counted,
        f"{free:.0f} of {total:.0f}" if node.alive else "-",
    )


def _attempt(host: HostReport) -> tuple[str, ...]:
    seconds = f"{time.time() - host.began:.0f}"
    return (host.task, str(host.attempt), host.engine, host.node[:_SHORT], f"{host.progress:.0%}", seconds)


def _warm(state: ClusterState) -> str:
    engines = sorted({host.engine for host in state.hosts if not host.task and host.engine})
    return f" (warm: {', '.join(engines)})" if engines else ""


def _going(queue: QueueState, status: str) -> int:
    return sum(count for (_, which), count in queue.going.items() if which == status)


def _document(state: ClusterState, queue: QueueState) -> dict[str, object]:
    return {
        "nodes": [
            {
                "node": node.node,
                "machine": node.machine,
                "alive": node.alive,
                "total": dict(node.total),
                "free": dict(node.free),
            }
            for node in state.nodes
        ],
        "hosts": [
            {
                "node": host.node,
                "engine": host.engine,
                "task": host.task or None,
                "attempt": host.attempt,
                "progress": host.progress,
                "began": host.began,
            }
            for host in state.hosts
        ],
        "queue": {
            "pending": _going(queue, "pending"),
            "processing": _going(queue, "processing"),
            "oldest_seconds": queue.oldest,
            "workers": queue.crew.workers,
            "slots": queue.crew.slots,
        },
    }
