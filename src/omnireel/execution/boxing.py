"""The box of each phase: what its child process may see, write and use."""

from __future__ import annotations

from omnireel.execution.protocol import Order, Phase
from omnireel.execution.scratch import Parts
from omnireel.media.sandbox import NAME_SERVICE, Box, Layer


def box_of(order: Order) -> Box:
    """Rendering reads the inputs and the script and may not change them; fetching writes the ones, consulting
    the other, and neither sees anything else.
    """
    parts = Parts(order.folder)
    outside = {Phase.FETCH: parts.inputs, Phase.CONSULT: parts.script}.get(order.phase)
    network = outside is not None or order.network
    # Inside bubblewrap the parent cannot be seen; it brings death with the parent itself.
    wrapped = Layer.BUBBLEWRAP in order.layers and not network
    return Box(
        readable=(
            *order.readable,
            *(NAME_SERVICE if network else ()),
            *(() if outside else (parts.inputs, parts.script)),
        ),
        writable=(parts.home, outside or parts.work),
        network=network,
        memory=order.bounds.memory,
        cpu_seconds=order.bounds.cpu_seconds,
        parent=None if wrapped else order.parent,
    )
