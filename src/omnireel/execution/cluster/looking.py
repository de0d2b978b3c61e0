"""What a cluster has and does, for an operator: asked by a process of its own, which may be given up.

Started as `python -m omnireel.execution.cluster.looking`; writes a `ClusterState` as JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from omnireel.errors import Unavailable
from omnireel.execution.cluster.messages import NAMESPACE, PREFIX, HostReport

LOOK_SECONDS: Final = 30.0
REPORT_SECONDS: Final = 5.0
_PROGRAM: Final = "omnireel.execution.cluster.looking"


@dataclass(frozen=True)
class NodeState:
    """A node; what it has and what of that is free, by Ray's names."""

    node: str
    machine: str
    alive: bool
    total: Mapping[str, float]
    free: Mapping[str, float]


@dataclass(frozen=True)
class ClusterState:
    """Every node that is known, and every host that answers."""

    nodes: tuple[NodeState, ...]
    hosts: tuple[HostReport, ...]


def cluster_state() -> ClusterState:
    """Look at the cluster that `RAY_ADDRESS` names. Raises Unavailable when it does not answer in time."""
    try:
        told = subprocess.run(
            [sys.executable, "-m", _PROGRAM],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LOOK_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"no Ray cluster answered within {LOOK_SECONDS:g} seconds at {_place()}") from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Unavailable(f"the Ray cluster at {_place()} cannot be looked at: {last}") from None
    return msgspec.json.decode(told.stdout, type=ClusterState)


def _place() -> str:
    return os.environ.get("RAY_ADDRESS") or "this machine (RAY_ADDRESS is not set)"


def _look() -> ClusterState:
    import ray

    from omnireel.execution.cluster.joining import free_by_node, join

    join()
    free = free_by_node()
    nodes = tuple(_node(facts, free.get(facts["NodeID"], {})) for facts in ray.nodes())
    return ClusterState(nodes, tuple(_hosts()))


def _node(facts: Mapping[str, Any], free: Mapping[str, float]) -> NodeState:
    return NodeState(
        facts["NodeID"], facts["NodeManagerHostname"], facts["Alive"], dict(facts["Resources"]), dict(free)
    )


def _hosts() -> list[HostReport]:
    import ray

    # All namespaces, for ours alone cannot be asked for.
    names = [
        actor["name"]
        for actor in ray.util.list_named_actors(all_namespaces=True)
        if actor["namespace"] == NAMESPACE and actor["name"].startswith(PREFIX)
    ]
    asked = [ray.get_actor(name, NAMESPACE).report.remote() for name in names]
    answered, _ = ray.wait(asked, num_returns=len(asked), timeout=REPORT_SECONDS) if asked else ([], [])
    return [report for report in map(_report, answered) if report is not None]


def _report(answered: Any) -> HostReport | None:
    import ray

    try:
        report: HostReport = ray.get(answered)
    except ray.exceptions.RayError:
        # It ended meanwhile.
        return None
    return report


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_look()))
    sys.stdout.buffer.flush()
    os._exit(0)
