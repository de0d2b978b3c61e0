"""The painterly looks by name."""

from __future__ import annotations

from omnireel.engines.studio.looks.look import LookMaker
from omnireel.engines.studio.looks.painterly.charcoal import Charcoal
from omnireel.engines.studio.looks.painterly.coloured_pencil import ColouredPencil
from omnireel.engines.studio.looks.painterly.ink_wash import InkWash
from omnireel.engines.studio.looks.painterly.oil import Oil
from omnireel.engines.studio.looks.painterly.pencil import Pencil
from omnireel.engines.studio.looks.painterly.watercolor import Watercolor

PAINTERLY: dict[str, LookMaker] = {
    "watercolor": Watercolor,
    "oil": Oil,
    "pencil": Pencil,
    "coloured-pencil": ColouredPencil,
    "charcoal": Charcoal,
    "ink-wash": InkWash,
}
