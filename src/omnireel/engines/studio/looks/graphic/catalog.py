"""The graphic looks by name."""

from __future__ import annotations

from omnireel.engines.studio.looks.graphic.anime import Anime
from omnireel.engines.studio.looks.graphic.comic import Comic
from omnireel.engines.studio.looks.graphic.felt import Felt
from omnireel.engines.studio.looks.graphic.lego import Lego
from omnireel.engines.studio.looks.graphic.low_poly import LowPoly
from omnireel.engines.studio.looks.graphic.mosaic import Mosaic
from omnireel.engines.studio.looks.graphic.paper import Paper
from omnireel.engines.studio.looks.graphic.pixel import Pixel
from omnireel.engines.studio.looks.graphic.stained_glass import StainedGlass
from omnireel.engines.studio.looks.look import LookMaker

GRAPHIC: dict[str, LookMaker] = {
    "anime": Anime,
    "comic": Comic,
    "felt": Felt,
    "lego": Lego,
    "low-poly": LowPoly,
    "mosaic": Mosaic,
    "paper": Paper,
    "pixel": Pixel,
    "stained-glass": StainedGlass,
}
