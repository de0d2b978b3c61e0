"""Everything that can be measured, each by a generator of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final

import torch
from benchmarks.gpu import weights
from benchmarks.gpu.bench import Bench, row
from benchmarks.gpu.flops import umt5_flop, wan_flop
from benchmarks.gpu.report import Row, said
from benchmarks.gpu.sizes import Config, Shape
from benchmarks.gpu.timing import Work, emptied
from torch.nn.attention import SDPBackend, sdpa_kernel

from omnireel.engines.diffusers import attention
from omnireel.engines.diffusers.bernini.streams import Source, velocity
from omnireel.engines.diffusers.profile import Plan
from omnireel.engines.diffusers.runtime import Runtime

KERNELS: Final = (("flash", SDPBackend.FLASH_ATTENTION), ("cuDNN", SDPBackend.CUDNN_ATTENTION))
STEPS = 2
"""Of a pipeline whose step is timed."""


def forwards(bench: Bench) -> Iterator[Row]:
    """One forward of each transformer with each kernel of attention."""
    sizes = bench.sizes
    yield from _forwards(bench, "Wan 14B", sizes.large, (sizes.clip, sizes.wide))
    yield from _forwards(bench, "Wan 1.3B", sizes.small, (sizes.clip,))
    yield from _forwards(bench, "Wan TI2V 5B", sizes.middle, (sizes.middle_clip,))


def _forwards(bench: Bench, name: str, config: Config, shapes: tuple[Shape, ...]) -> Iterator[Row]:
    model = weights.transformer(config, bench.device, bench.dtype)
    for shape in shapes:
        flop = wan_flop(config, shape.tokens, text=bench.sizes.text).total
        work = _forward(bench, model, config, shape)
        for kernel, backend in KERNELS:
            what = f"{name} forward, {shape}, {kernel}"
            yield _with_kernel(bench, what, backend, work, tokens=shape.tokens, flop=flop)


def _forward(
    bench: Bench, model: Any, config: Config, shape: Shape, sources: tuple[Source, ...] = ()
) -> Work:
    noisy = bench.drawn(*shape.latents(config["in_channels"]))
    timestep = torch.tensor([500], device=bench.device)
    return partial(velocity, model, noisy, timestep, bench.text(), sources)


def _with_kernel(bench: Bench, what: str, backend: Any, work: Work, *, tokens: int, flop: float) -> Row:
    """A row, which says so where the device or the build does not have the kernel or the memory."""
    try:
        with sdpa_kernel([backend]):
            return row(what, bench.watch.timed(work), tokens=tokens, flop=flop)
    except RuntimeError as error:
        return Row(what, tokens, remark=said(error))
    finally:
        emptied(bench.device)


def sources(bench: Bench) -> Iterator[Row]:
    """The Bernini sequence of an edit: the source's tokens before as many of the clip's."""
    config = bench.sizes.large
    model = weights.transformer(config, bench.device, bench.dtype)
    for shape in (bench.sizes.clip, bench.sizes.wide):
        source = Source(bench.drawn(*shape.latents(config["in_channels"])), 1)
        tokens = 2 * shape.tokens
        flop = wan_flop(config, tokens, own=shape.tokens, text=bench.sizes.text).total
        work = _forward(bench, model, config, shape, (source,))
        for kernel, backend in KERNELS:
            what = f"Bernini 14B edit, {shape}, {kernel}"
            yield _with_kernel(bench, what, backend, work, tokens=tokens, flop=flop)


def steps(bench: Bench) -> Iterator[Row]:
    """A guided step of the pipeline as diffusers has it, and with our kernel and compiled blocks, in turn."""
    import diffusers

    config, shape = bench.sizes.large, bench.sizes.clip
    stock = _pipeline(diffusers, weights.transformer(config, bench.device, bench.dtype))
    compiled = _pipeline(diffusers, weights.twin(stock.transformer, config, bench.device))
    compiled.transformer.compile_repeated_blocks(backend=bench.sizes.compiler)
    runtime = Runtime(torch, diffusers, str(bench.device), Plan.RESIDENT, 0.0)
    ours = attention.measured(compiled, runtime)
    works = {
        "stock diffusers": partial(_clip, bench, stock, shape),
        "ours, compiled": partial(_inside, ours, partial(_clip, bench, compiled, shape)),
    }
    flop = 2 * STEPS * wan_flop(config, shape.tokens, text=bench.sizes.text).total
    for name, timing in bench.watch.paired(works).items():
        what = f"Wan 14B, {STEPS} guided steps, {shape}, {name}"
        yield row(what, timing, tokens=shape.tokens, flop=flop)


def _inside(context: Callable[[], AbstractContextManager[None]], work: Work) -> object:
    with context():
        return work()


def _pipeline(diffusers: Any, transformer: Any) -> Any:
    """Nothing but what denoises: texts come encoded, and latents are what it makes."""
    scheduler = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    pipeline = diffusers.WanPipeline(
        tokenizer=None, text_encoder=None, vae=None, scheduler=scheduler, transformer=transformer
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _clip(bench: Bench, pipeline: Any, shape: Shape) -> object:
    text = bench.text()
    return pipeline(
        prompt_embeds=text,
        negative_prompt_embeds=-text,
        width=shape.width,
        height=shape.height,
        num_frames=shape.frames,
        num_inference_steps=STEPS,
        guidance_scale=4.0,
        generator=torch.Generator("cpu").manual_seed(0),
        output_type="latent",
    )


def eight_bits(bench: Bench) -> Iterator[Row]:
    """The large transformer kept in eight bits and widened layer by layer."""
    config, shape = bench.sizes.large, bench.sizes.clip
    model = weights.transformer(config, bench.device, bench.dtype)
    model.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=bench.dtype)
    emptied(bench.device)
    timing = bench.watch.timed(_forward(bench, model, config, shape))
    flop = wan_flop(config, shape.tokens, text=bench.sizes.text).total
    yield row(f"Wan 14B forward, {shape}, kept in eight bits", timing, tokens=shape.tokens, flop=flop)


def compiled(bench: Bench) -> Iterator[Row]:
    """The large transformer with each block compiled: the first forward, which compiles, and later ones."""
    config, shape = bench.sizes.large, bench.sizes.clip
    model = weights.transformer(config, bench.device, bench.dtype)
    work = _forward(bench, model, config, shape)
    torch.compiler.reset()
    model.compile_repeated_blocks(backend=bench.sizes.compiler)
    flop = wan_flop(config, shape.tokens, text=bench.sizes.text).total
    what = f"Wan 14B forward, {shape}, blocks compiled"
    cold = bench.watch.once(work)
    yield row(f"{what}, cold", cold, tokens=shape.tokens, remark="compiling included")
    yield row(f"{what}, warm", bench.watch.timed(work), tokens=shape.tokens, flop=flop)


def autoencoder(bench: Bench) -> Iterator[Row]:
    """Frames out of latents, in one piece and in tiles, and latents out of frames."""
    vae = weights.autoencoder(bench.sizes.vae, bench.device, torch.float32)
    for shape in (bench.sizes.clip, bench.sizes.wide):
        latents = bench.drawn(*shape.latents(bench.sizes.vae["z_dim"]), dtype=torch.float32)
        for name, prepare in (("in one piece", vae.disable_tiling), ("tiled", vae.enable_tiling)):
            prepare()
            yield _alone(bench, f"VAE decode, {shape}, {name}", partial(vae.decode, latents))
        vae.disable_tiling()
        frames = bench.drawn(1, 3, shape.frames, shape.height, shape.width, dtype=torch.float32)
        yield _alone(bench, f"VAE encode, {shape}, in one piece", partial(vae.encode, frames))


def _alone(bench: Bench, what: str, work: Work) -> Row:
    try:
        return row(what, bench.watch.timed(work))
    except RuntimeError as error:
        return Row(what, remark=said(error))
    finally:
        emptied(bench.device)


def encoder(bench: Bench) -> Iterator[Row]:
    """A prompt through UMT5."""
    config, tokens = bench.sizes.encoder, bench.sizes.text
    model = weights.text_encoder(config, bench.device, bench.dtype)
    words = torch.arange(tokens, device=bench.device)[None] % config["vocab_size"]
    timing = bench.watch.timed(partial(model, words, torch.ones_like(words)))
    yield row("UMT5 encode", timing, tokens=tokens, flop=umt5_flop(config, tokens).total)


MEASUREMENTS: Final[Mapping[str, Callable[[Bench], Iterator[Row]]]] = {
    "forwards": forwards,
    "compiled": compiled,
    "steps": steps,
    "eight-bits": eight_bits,
    "encoder": encoder,
    "sources": sources,
    "autoencoder": autoencoder,
}
"""By name, the longest last."""
