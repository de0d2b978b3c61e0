"""The fetch phase: inputs from other people's servers into the scratch folder. Decodes nothing."""

from __future__ import annotations

from omnireel.execution.inputs import check_inputs, input_paths
from omnireel.execution.protocol import Order
from omnireel.execution.scratch import Parts
from omnireel.media.egress import EgressPolicy
from omnireel.media.fetch import fetch
from omnireel.media.limits import max_bytes
from omnireel.models import VideoRequest


def fetch_inputs(order: Order, request: VideoRequest) -> None:
    """Fetch and check every input that has an address. Raises FetchFailed and InvalidMedia."""
    policy = EgressPolicy(allow_private=order.egress.allow_private, total_seconds=order.egress.seconds)
    everything = input_paths(request, Parts(order.folder).inputs)
    remote = {ref: path for ref, path in everything.items() if ref.blob_key is None}
    for ref, path in remote.items():
        fetch(ref.uri, path, policy=policy, limit=max_bytes(ref.kind, order.limits))
    check_inputs(request, remote, order.limits)
