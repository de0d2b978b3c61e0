"""What models of published shapes take on this GPU, beside what the GPU can do at most.

    python -m benchmarks.gpu [--size full|tiny] [--only NAME …] [--rounds 3] [--json FILE] [--markdown FILE]

The weights are random, made in place from the published configurations: nothing is downloaded, and the times
are those of the real ones. The roofline is a plain product of two matrices, measured before everything else.
Both files are written anew after every row, so what is cut short is not lost; half a minute of rounds is
enough for any of them. `--size tiny` runs the same on toys, on any machine; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.flops import matmul_flop
from benchmarks.gpu.measurements import MEASUREMENTS
from benchmarks.gpu.report import Report, Row, said
from benchmarks.gpu.sizes import SIZES
from benchmarks.gpu.timing import Stopwatch, emptied


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    device = torch.device(asked.device)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    bench = Bench(device, dtype, SIZES[asked.size], Stopwatch(device, asked.rounds))
    rows: list[Row] = []
    report = Report(_machine(device, asked.size), measured_roofline(bench), rows)
    with TemporaryDirectory() as kernels:
        # So that compiling is measured, and not finding what an earlier run has compiled.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = kernels
        for row in measured(bench, asked.only):
            rows.append(row)
            print(f"{row.what}: {row.median} s {row.remark}", file=sys.stderr)
            _keep(report, asked)
    print(report.markdown())
    return 0


def _keep(report: Report, asked: argparse.Namespace) -> None:
    if asked.json:
        asked.json.write_text(report.json())
    if asked.markdown:
        asked.markdown.write_text(report.markdown())


def measured(bench: Bench, names: Sequence[str]) -> Iterator[Row]:
    """The rows of these measurements; one that fails is a row that says why."""
    for name in names:
        try:
            yield from MEASUREMENTS[name](bench)
        except RuntimeError as error:
            yield Row(name, remark=said(error))
        emptied(bench.device)


def measured_roofline(bench: Bench) -> float:
    """FLOP a second of a large product in the type that transformers compute in."""
    side = bench.sizes.matmul
    one, other = bench.drawn(side, side), bench.drawn(side, side)
    # Many products a round: one alone is over before the clocks of the GPU have risen.
    timing = bench.watch.timed(lambda: [one @ other for _ in range(PRODUCTS)])
    return PRODUCTS * matmul_flop(side) / min(timing.seconds)


PRODUCTS = 20


def _machine(device: torch.device, size: str) -> dict[str, str]:
    import diffusers

    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__, "size": size}
    if device.type != "cuda":
        return {"device": "CPU", **versions}
    card = torch.cuda.get_device_properties(device)
    return {"device": f"{card.name}, {card.total_memory / 1024**3:.0f} GiB", **versions}


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--size", choices=sorted(SIZES), default="full")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), default=list(MEASUREMENTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    asked = parser.parse_args(arguments)
    if asked.size == "full" and not asked.device.startswith("cuda"):
        parser.error("the full size needs a GPU; --size tiny runs anywhere")
    return asked


if __name__ == "__main__":
    sys.exit(main())
