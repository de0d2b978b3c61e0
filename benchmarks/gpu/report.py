"""Rows of what was measured, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEADINGS = (
    "measured", "tokens", "seconds", "least to most", "TFLOP", "TFLOP/s", "of roofline", "peak GiB", "remark",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One measurement, or why there is none."""

    what: str
    tokens: int | None = None
    seconds: tuple[float, ...] = ()
    median: float | None = None
    flop: float | None = None
    peak_bytes: int | None = None
    remark: str = ""

    @property
    def rate(self) -> float | None:
        """FLOP a second."""
        return self.flop / self.median if self.flop and self.median else None


def said(error: RuntimeError) -> str:
    """What went wrong, as a remark."""
    return str(error).strip().partition("\n")[0][:100].replace("|", "/")


@dataclass(frozen=True)
class Report:
    """A run. `roofline` is FLOP a second of the plain matrix product."""

    machine: Mapping[str, str]
    roofline: float
    rows: Sequence[Row]

    def json(self) -> str:
        return json.dumps(
            {
                "machine": dict(self.machine),
                "roofline_flops": self.roofline,
                "rows": [
                    {
                        "what": row.what,
                        "tokens": row.tokens,
                        "seconds": list(row.seconds),
                        "median_seconds": row.median,
                        "flop": row.flop,
                        "flops": row.rate,
                        "share_of_roofline": row.rate / self.roofline if row.rate else None,
                        "peak_bytes": row.peak_bytes,
                        "remark": row.remark,
                    }
                    for row in self.rows
                ],
            },
            indent=2,
        )

    def markdown(self) -> str:
        machine = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        lines = [
            f"{machine}; roofline {self.roofline / 1e12:.4g} TFLOP/s.",
            "",
            f"| {' | '.join(HEADINGS)} |",
            f"|{'---|' * len(HEADINGS)}",
            *(f"| {' | '.join(self._cells(row))} |" for row in self.rows),
        ]
        return "\n".join(lines) + "\n"

    def _cells(self, row: Row) -> tuple[str, ...]:
        span = f"{min(row.seconds):.4g} to {max(row.seconds):.4g}" if len(row.seconds) > 1 else ""
        return (
            row.what,
            "" if row.tokens is None else f"{row.tokens:,}",
            "" if row.median is None else f"{row.median:.4g}",
            span,
            "" if row.flop is None else f"{row.flop / 1e12:.4g}",
            "" if row.rate is None else f"{row.rate / 1e12:.4g}",
            "" if row.rate is None else f"{row.rate / self.roofline:.0%}",
            "" if row.peak_bytes is None else f"{row.peak_bytes / 1024**3:.3g}",
            row.remark,
        )
