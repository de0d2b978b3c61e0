"""Which of torch's own attention kernels goes first: the quicker one on this GPU. All of them are exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from omnireel.engines.diffusers.memory import transformers_of
from omnireel.engines.diffusers.runtime import Runtime

TOKENS = 8192
"""Of the attention that is timed: enough to fill a GPU, a twentieth of a second at most."""
ROUNDS = 5
CLEARLY = 1.05
"""How much quicker cuDNN must be. What sums in another order has other last bits, and a tie that fell one way
today and the other tomorrow would show."""


class Attention:
    """Runs what is inside with the kernels in this order; those that cannot do a shape are passed over."""

    def __init__(self, order: Sequence[Any]) -> None:
        self.order = tuple(order)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        if not self.order:
            yield
            return
        from torch.nn.attention import sdpa_kernel

        with sdpa_kernel(list(self.order), set_priority=True):
            yield


def measured(pipeline: Any, runtime: Runtime) -> Attention:
    """Flash first, or cuDNN where that is clearly quicker at this model's head size. Nothing off CUDA."""
    if not runtime.on_gpu:
        return Attention(())
    from torch.nn.attention import SDPBackend

    rest = (SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH)
    flash, cudnn = SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION
    heads, width = heads_of(transformers_of(pipeline)[0])
    seconds = {one: _seconds(runtime, one, heads, width) for one in (flash, cudnn)}
    first = (cudnn, flash) if seconds[cudnn] * CLEARLY < seconds[flash] else (flash, cudnn)
    return Attention((*first, *rest))


def heads_of(transformer: Any) -> tuple[int, int]:
    """Heads and the width of each."""
    return int(transformer.config.num_attention_heads), int(transformer.config.attention_head_dim)


def _seconds(runtime: Runtime, kernel: Any, heads: int, width: int) -> float:
    """The quickest of some rounds; endless when the GPU or the build does not have the kernel."""
    from torch.nn.attention import sdpa_kernel

    torch = runtime.torch
    query = torch.randn((1, heads, TOKENS, width), device=runtime.device, dtype=runtime.dtype)
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    found: list[float] = []
    try:
        with torch.no_grad(), sdpa_kernel([kernel]):
            for _ in range(ROUNDS):
                begin.record()
                torch.nn.functional.scaled_dot_product_attention(query, query, query)
                end.record()
                torch.cuda.synchronize(runtime.device)
                found.append(float(begin.elapsed_time(end)) / 1000.0)
    except RuntimeError:
        return float("inf")
    return min(found)
