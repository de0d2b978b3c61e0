"""Texts of the prompt, set in the scene: on a board, a banner, a neon sign, or as a title."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour
from omnireel.engines.studio.scenery.art import trimmed
from omnireel.engines.studio.scenery.light import rgb
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.season import frosted
from omnireel.engines.studio.scenery.sets import Kit, Prop, Stage
from omnireel.engines.studio.scenery.sprite import Sprite, premultiplied, relit, sprite_of
from omnireel.engines.studio.scenery.typeface import set_lines, unset, wrapped

LONGEST = 80
"""Characters of one text that are set."""
_SIZE = 72
_KINDS = (
    ("title", r"\btitles?\b|\bcaptions?\b|\bsubtitles?\b|\btext overlay\b|\bwords appear\b|标题|字幕|片名"),
    ("neon", r"\bneon\b|霓虹"),
    ("banner", r"\bbanners?\b|\bstreamers?\b|\bflags?\b|横幅|条幅|旗"),
)
_TONES = ("ff2bd6", "19f0ff", "ffe14a")


def kind_of(prompt: str, place: str, medium: str) -> str:
    """board, banner, neon or title: what the prompt says, else what suits the place."""
    for kind, pattern in _KINDS:
        if re.search(pattern, prompt.lower()):
            return kind
    if place == "neon-city":
        return "neon"
    if medium in ("void", "deep", "water"):
        return "title"
    return "banner" if medium == "inside" else "board"


def missing(texts: tuple[str, ...]) -> str:
    """Characters that cannot be set."""
    return unset("".join(texts))


def lettered(stage: Stage, kit: Kit, texts: tuple[str, ...], kind: str) -> Stage:
    """The stage with its texts put up."""
    shown = [text[:LONGEST] for text in texts if text.strip()]
    if kind == "title" or not shown:
        return stage
    props = [_put_up(kit, text, kind, n) for n, text in enumerate(shown[:3])]
    return replace(stage, props=(*stage.props, *props))


def title_of(texts: tuple[str, ...], kind: str, width: int, height: int) -> Sprite | None:
    """Texts laid over the picture as its title, ready for a frame of a size; None where they stand in it."""
    if kind != "title" or not any(text.strip() for text in texts):
        return None
    lines = [line for text in texts for line in wrapped(text[:LONGEST], 26 if width >= height else 14)]
    mask = set_lines(lines[:4], _SIZE)
    size = min(0.82 * width / mask.shape[1], 0.105 * height * len(lines[:4]) / mask.shape[0])
    mask = cv2.resize(mask, None, fx=size, fy=size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return sprite_of(_shadowed(mask, rgb("fffaf0"), max(2, height // 180)))


def _shadowed(mask: Bytes, paint: Colour, reach: int) -> Bytes:
    """Lettering with a soft dark ground of its own, premultiplied."""
    wide = cv2.copyMakeBorder(mask, *(4 * reach,) * 4, cv2.BORDER_CONSTANT, value=0.0)
    dark = cv2.blur(cv2.dilate(wide, np.ones((reach, reach), np.uint8)), (3 * reach, 3 * reach))
    alpha = np.maximum(wide, dark * 0.8)
    colour = wide[..., None].astype(np.float32) / 255 * np.array(paint, np.float32)
    return np.concatenate([colour, alpha[..., None]], axis=2).astype(np.uint8)


def _put_up(kit: Kit, text: str, kind: str, number: int) -> Prop:
    picture = {"neon": _neon, "banner": _banner}.get(kind, _board)(text, number)
    if kind != "neon":
        picture = frosted(picture) if kit.snowy and kind == "board" else picture
        picture = relit(picture, kit.light, strength=0.8, sun_side=kit.sun_side)
    sprite = sprite_of(premultiplied(trimmed(picture)))
    x, z, y, share, most = _SPOTS[kind]
    span = kit.span(z * kit.depth)
    wide = min(share * span, most * sprite.width / sprite.height)
    tall = wide * sprite.height / sprite.width
    x += number * (0.9 if x < 0 else -0.9)
    glow = glow_of(kit.height * 0.2, (130, 60, 150), power=2.0) if kind == "neon" else None
    # Not by way of the kit's chance: the rest of the scene must be the same with a text as without.
    place = x * (1 - wide / span) / max(0.3, 1 - share) * span / 2
    return Prop(
        sprite, place, z * kit.depth, tall, span + wide, y=y, shadow=kind == "board", glow=glow, glow_at=0.5
    )  # fmt: skip


_SPOTS = {
    "board": (0.54, 1.22, 0.0, 0.30, 2.2),
    "banner": (0.0, 1.72, 2.9, 0.54, 1.15),
    "neon": (0.44, 2.2, 2.2, 0.40, 2.0),
}
"""x in half-widths, z in depths of the cast, metres up, most of the view's width, most metres tall."""


def _board(text: str, _: int) -> Bytes:
    """Wooden boards on two posts, letters burnt in."""
    mask = set_lines(wrapped(text, 14), _SIZE)
    height, width = mask.shape[0] + 56, mask.shape[1] + 72
    sheet = np.zeros((height + 150, width, 4), np.uint8)
    for x in (int(width * 0.16), int(width * 0.84) - 22):
        sheet[30:, x : x + 22] = (*rgb("7a5230"), 255)
        sheet[30:, x : x + 6] = (*rgb("94683e"), 255)
    cv2.rectangle(sheet, (4, 4), (width - 5, height - 5), (*rgb("8a5c34"), 255), -1)
    cv2.rectangle(sheet, (12, 12), (width - 13, height - 13), (*rgb("d2a266"), 255), -1)
    for y in range(12, height - 14, 38):
        cv2.line(sheet, (12, y), (width - 13, y), (*rgb("b98850"), 255), 2)
    return _inked(sheet, mask, (36, 28), rgb("40260f"))


def _banner(text: str, _: int) -> Bytes:
    """A cloth stretched between two cords."""
    mask = set_lines(wrapped(text, 24), _SIZE)
    height, width = mask.shape[0] + 52, mask.shape[1] + 110
    sheet = np.zeros((height, width, 4), np.uint8)
    fold = 1 + 0.06 * np.sin(np.linspace(0, 9, width, dtype=np.float32))
    sheet[6:-6, 10:-10, :3] = np.clip(np.array(rgb("d8342f")) * fold[None, 10:-10, None], 0, 255)
    sheet[6:-6, 10:-10, 3] = 255
    for row in (14, height - 18):
        sheet[row : row + 4, 18:-18, :3] = rgb("f8d878")
    return _inked(sheet, mask, (55, 26), rgb("fff6e0"))


def _neon(text: str, number: int) -> Bytes:
    """Glowing tubes on a dark panel."""
    tone = rgb(_TONES[number % len(_TONES)])
    mask = set_lines(wrapped(text, 12), _SIZE)
    height, width = mask.shape[0] + 60, mask.shape[1] + 80
    sheet = np.zeros((height, width, 4), np.uint8)
    sheet[...] = (*rgb("181226"), 235)
    cv2.rectangle(sheet, (8, 8), (width - 9, height - 9), (*tone, 255), 4, cv2.LINE_AA)
    halo = np.zeros((height, width), np.uint8)
    halo[30 : 30 + mask.shape[0], 40 : 40 + mask.shape[1]] = mask
    soft = cv2.blur(cv2.blur(halo, (25, 25)), (25, 25)).astype(np.float32)[..., None] / 255
    sheet[..., :3] = np.clip(sheet[..., :3] + soft * np.array(tone) * 1.1, 0, 255)
    bright = (tone[0] * 0.4 + 153, tone[1] * 0.4 + 153, tone[2] * 0.4 + 153)
    return _inked(sheet, mask, (40, 30), bright)


def _inked(sheet: Bytes, mask: Bytes, at: tuple[int, int], ink: Colour) -> Bytes:
    """A mask printed on a sheet with its left upper corner at (x, y)."""
    left, top = at
    part = sheet[top : top + mask.shape[0], left : left + mask.shape[1]]
    share = mask[..., None].astype(np.float32) / 255
    part[..., :3] = (part[..., :3] * (1 - share) + np.array(ink, np.float32) * share).astype(np.uint8)
    return sheet
