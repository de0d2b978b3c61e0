"""How large a finished clip is."""

from __future__ import annotations

from omnireel.models import AspectRatio, Mode

_SIZES = {
    (Mode.STD, AspectRatio.WIDE): (1280, 720),
    (Mode.STD, AspectRatio.TALL): (720, 1280),
    (Mode.STD, AspectRatio.SQUARE): (960, 960),
    (Mode.PRO, AspectRatio.WIDE): (1920, 1080),
    (Mode.PRO, AspectRatio.TALL): (1080, 1920),
    (Mode.PRO, AspectRatio.SQUARE): (1440, 1440),
}
_SHORT_SIDE = {Mode.STD: 720, Mode.PRO: 1080}


def canvas(mode: Mode, aspect_ratio: AspectRatio) -> tuple[int, int]:
    """Width and height in pixels of a clip whose shape the caller chose."""
    return _SIZES[mode, aspect_ratio]


def canvas_like(width: int, height: int, mode: Mode) -> tuple[int, int]:
    """Width and height with the source's shape; the short side is 720 (`std`) or 1080 (`pro`), both even."""
    scale = _SHORT_SIDE[mode] / min(width, height)
    return _even(width * scale), _even(height * scale)


def shortfall(width: int, height: int, mode: Mode) -> str | None:
    """What to tell the caller of a clip that is smaller than its mode promises; None for one that is not."""
    wide, high = canvas_like(width, height, mode)
    if width >= wide:
        return None
    return f"The model made {width}x{height}; '{mode}' would be {wide}x{high}."


def _even(length: float) -> int:
    # 4:2:0 chroma cannot hold an odd side.
    return max(2, round(length / 2) * 2)
