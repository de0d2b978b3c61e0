"""`python -m tests.chaos.table`: the results as a Markdown table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.chaos.results import RESULTS

HEAD = (
    "| fault | times | tasks acknowledged | lost | doubled | wrongly charged | corrupt | orphans | on |",
    "|---|--:|--:|--:|--:|--:|--:|--:|---|",
)


def table(results: list[dict[str, Any]]) -> Iterator[str]:
    """Line by line; the machine below, where it was one for all."""
    yield from HEAD
    for entry in results:
        hours = f", {entry['simulated_hours']:,.0f} simulated hours" if entry["simulated_hours"] else ""
        counts = (entry[name] for name in ("count", "tasks", "lost", "doubled", "wrongly_charged", "corrupt"))
        cells = [
            entry["fault"] + hours,
            *(f"{number:,}" for number in counts),
            entry["orphans"],
            entry["store"],
        ]
        yield f"| {' | '.join(map(str, cells))} |"
    minutes = sum(entry["seconds"] for entry in results) / 60
    machines = "; ".join(sorted({entry["machine"] for entry in results}))
    yield ""
    yield f"{machines}; {minutes:.0f} minutes in all."


def main() -> None:
    print("\n".join(table(json.loads(RESULTS.read_text()))))


if __name__ == "__main__":
    main()
