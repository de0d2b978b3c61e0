"""The box of each phase: what its child process may see, write and use."""

from __future__ import annotations

from omnireel.execution.protocol import Order, Phase
from omnireel.execution.scratch import Parts
from omnireel.media.sandbox import NAME_SERVICE, Box, Layer


def box_of(order: Order) -> Box:
    """Rendering reads the inputs and may not change them; fetching writes them and sees nothing else."""
    parts = Parts(order.folder)
    fetching = order.phase is Phase.FETCH
    network = fetching or order.network
    # Inside bubblewrap the parent cannot be seen; it brings death with the parent itself.
    wrapped = Layer.BUBBLEWRAP in order.layers and not network
    return Box(
        readable=(
            *order.readable,
            *(NAME_SERVICE if network else ()),
            *(() if fetching else (parts.inputs,)),
        ),
        writable=(parts.home, parts.inputs if fetching else parts.work),
        network=network,
        memory=order.bounds.memory,
        cpu_seconds=order.bounds.cpu_seconds,
        parent=None if wrapped else order.parent,
    )
