"""The graphic looks by name."""

from __future__ import annotations

from omnireel.engines.studio.looks.graphic.anime import Anime
from omnireel.engines.studio.looks.graphic.comic import Comic
from omnireel.engines.studio.looks.graphic.lego import Lego
from omnireel.engines.studio.looks.graphic.low_poly import LowPoly
from omnireel.engines.studio.looks.graphic.pixel import Pixel
from omnireel.engines.studio.looks.graphic.stained_glass import StainedGlass
from omnireel.engines.studio.looks.look import LookMaker

GRAPHIC: dict[str, LookMaker] = {
    "anime": Anime,
    "comic": Comic,
    "lego": Lego,
    "low-poly": LowPoly,
    "pixel": Pixel,
    "stained-glass": StainedGlass,
}
