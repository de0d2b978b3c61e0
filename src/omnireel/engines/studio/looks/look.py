"""What a look is: something that repaints moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame


class Look(Protocol):
    """A look made for one clip. It remembers, so it serves one pass over the clip's moments, in order."""

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """The same moments repainted. `threads` of 2 or more may overlap its stages."""
        ...


LookMaker: TypeAlias = Callable[[Sequence[Frame], Size, int], Look]
"""Makes a look from a few of the clip's frames, the canvas size and a seed."""
