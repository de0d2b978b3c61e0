"""The fetch phase: inputs from other people's servers into the scratch folder. Decodes nothing."""

from __future__ import annotations

from omnireel.errors import FetchFailed
from omnireel.execution.inputs import check_inputs, input_paths, named_inputs
from omnireel.execution.protocol import Order
from omnireel.execution.scratch import Parts
from omnireel.execution.stages import Stages
from omnireel.media.egress import EgressPolicy
from omnireel.media.fetch import fetch
from omnireel.media.limits import max_bytes
from omnireel.models import VideoRequest


def fetch_inputs(order: Order, request: VideoRequest, stages: Stages) -> None:
    """Fetch and check every input that has an address. Raises FetchFailed and InvalidMedia."""
    policy = EgressPolicy(allow_private=order.egress.allow_private, total_seconds=order.egress.seconds)
    paths = input_paths(request, Parts(order.folder).inputs)
    remote = {ref: name for name, ref in reversed(named_inputs(request)) if ref.blob_key is None}
    for ref, name in remote.items():
        stages.enter(f"fetching {ref.kind}")
        try:
            fetch(ref.uri, paths[ref], policy=policy, limit=max_bytes(ref.kind, order.limits))
        except FetchFailed as error:
            # The reason stays vague on purpose: it would tell a stranger what answers in this network.
            raise FetchFailed(f"parameter '{name}': {error} (inputs come from {_reach(policy)})") from error
    stages.enter("checking")
    check_inputs(request, {ref: paths[ref] for ref in remote}, order.limits)
    stages.leave()


def _reach(policy: EgressPolicy) -> str:
    return "public and private addresses" if policy.allow_private else "public addresses only"
