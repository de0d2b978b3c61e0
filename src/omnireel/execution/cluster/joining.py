"""A process of ours as a part of the cluster."""

from __future__ import annotations

import os
from typing import cast

import ray

from omnireel.execution.cluster.messages import NAMESPACE


def join() -> None:
    """Join the cluster that `RAY_ADDRESS` names, else the one on this machine. Raises ConnectionError."""
    ray.init(
        address=os.environ.get("RAY_ADDRESS", "auto"),
        namespace=NAMESPACE,
        log_to_driver=False,
        logging_level="WARNING",
    )


def free_by_node() -> dict[str, dict[str, float]]:
    """What each living node has free, by Ray's names."""
    # Ray's public functions only tell the sum over all nodes, into which fits what fits on none of them.
    from ray._private.state import available_resources_per_node

    return cast("dict[str, dict[str, float]]", available_resources_per_node())


def total_by_node() -> dict[str, dict[str, float]]:
    """What each living node has when nothing runs there."""
    return {node["NodeID"]: dict(node["Resources"]) for node in ray.nodes() if node["Alive"]}
