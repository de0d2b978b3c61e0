"""Photographs as members of a cast: cut out where that comes out clean, else framed on an easel."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.picture.saliency import saliency_of
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.art import trimmed

_SIDE = 320
"""Longer side at which a subject is looked for."""
_KEPT = 720
"""Longer side of what is returned."""
_ROUNDS = 5


def cut_out(picture: Bytes) -> Bytes | None:
    """The subject of a BGR picture as straight BGRA, or None when its outline cannot be trusted.

    GrabCut (Rother et al., "GrabCut", 2004) seeded by saliency. Trusted when one compact region fills a plain
    share of the picture, hardly touches the border, differs in colour from what lies around it, and nothing
    else draws the eye.
    """
    scale = _SIDE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    mask = _subject(small)
    if mask is None or not _trusted(small, mask):
        return None
    kept = _kept(picture)
    alpha = cv2.resize(mask.astype(np.float32), (kept.shape[1], kept.shape[0]), interpolation=cv2.INTER_CUBIC)
    alpha = np.clip((cv2.GaussianBlur(alpha, (0, 0), kept.shape[1] / 260) - 0.5) * 3 + 0.42, 0, 1)
    return trimmed(np.concatenate([kept, (alpha[..., None] * 255).astype(np.uint8)], axis=2))


def _kept(picture: Bytes) -> Bytes:
    scale = min(1.0, _KEPT / max(picture.shape[:2]))
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _subject(small: Bytes) -> Bytes | None:
    height, width = small.shape[:2]
    salient: Floats = cv2.resize(saliency_of(small), (width, height)).astype(np.float32)
    labels = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    labels[salient > 0.42] = cv2.GC_PR_FGD
    labels[salient > 0.80] = cv2.GC_FGD
    edge = max(2, round(min(height, width) * 0.02))
    labels[:edge], labels[:, :edge], labels[:, -edge:] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_BGD
    if not ((labels == cv2.GC_FGD).any() and (labels == cv2.GC_BGD).any()):
        return None
    cv2.setRNGSeed(7)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, labels, (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    return _filled(cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.uint8))


def _filled(found: Bytes) -> Bytes | None:
    """The largest region, its small holes closed; None when there is none or it is only one of several."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    if areas.max() < 0.8 * areas.sum():
        return None
    whole = (labels == 1 + int(areas.argmax())).astype(np.uint8)
    return cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)).astype(np.uint8)


def _trusted(small: Bytes, mask: Bytes) -> bool:
    share = float(mask.mean())
    sides = np.concatenate([mask[0], mask[:, 0], mask[:, -1]])
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(outlines[0]))
    solid = cv2.contourArea(outlines[0]) / max(1.0, hull)
    whole = 0.06 < share < 0.62 and float(sides.mean()) < 0.03 and float(mask[-1].mean()) < 0.25
    return whole and solid > 0.58 and _is_alone(small, mask) and _stands_out(small, mask)


def _is_alone(small: Bytes, mask: Bytes) -> bool:
    """Whether nothing else in the picture draws the eye."""
    salient = cv2.resize(saliency_of(small), (small.shape[1], small.shape[0]))
    return float(salient[mask == 0].mean()) < 0.15


def _stands_out(small: Bytes, mask: Bytes) -> bool:
    """Whether nearly everywhere along the outline the colours on its two sides differ (Lab, city block)."""
    near = np.ones((9, 9), np.uint8)
    outline = (cv2.dilate(mask, near) > 0) & (cv2.erode(mask, near) == 0)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    gap = np.abs(_mean_of(lab, mask) - _mean_of(lab, 1 - mask)).sum(axis=2)
    return bool(outline.any()) and float(np.percentile(gap[outline], 20)) > 35


def _mean_of(lab: Floats, mask: Bytes) -> Floats:
    """The mean colour of the masked pixels around each place."""
    weight = mask.astype(np.float32)
    total = cv2.blur(lab * weight[..., None], (15, 15))
    return (total / np.maximum(cv2.blur(weight, (15, 15)), 1e-3)[..., None]).astype(np.float32)


def framed(picture: Bytes) -> Bytes:
    """The picture with a mat, in a wooden frame, on an easel; straight BGRA."""
    kept = _kept(picture)
    width = kept.shape[1]
    mat, wood = max(6, round(0.045 * width)), max(8, round(0.05 * width))
    matted = cv2.copyMakeBorder(kept, mat, mat, mat, mat, cv2.BORDER_CONSTANT, value=(236, 242, 246))
    board: Bytes = cv2.copyMakeBorder(
        matted, wood, wood, wood, wood, cv2.BORDER_CONSTANT, value=(58, 96, 142)
    ).astype(np.uint8)
    _bevel(board, wood)
    rows, columns = board.shape[:2]
    leg = round(0.42 * min(rows, columns))
    easel = np.zeros((rows + leg, columns, 4), np.uint8)
    thick = max(6, columns // 34)
    for x0, x1 in ((0.30, 0.16), (0.70, 0.84), (0.5, 0.5)):
        top = (round(x0 * columns), rows // 2)
        cv2.line(
            easel, top, (round(x1 * columns), rows + leg - thick), (52, 88, 128, 255), thick, cv2.LINE_AA
        )
    easel[:rows, :, :3] = board
    easel[:rows, :, 3] = 255
    return easel


def _bevel(board: Bytes, wood: int) -> None:
    rows, columns = board.shape[:2]
    light, dark = (96, 140, 188), (34, 62, 98)
    for inset, first, second in ((0, light, dark), (wood - 2, dark, light)):
        right, bottom = columns - 1 - inset, rows - 1 - inset
        cv2.line(board, (inset, inset), (right, inset), first, 3)
        cv2.line(board, (inset, inset), (inset, bottom), first, 3)
        cv2.line(board, (right, inset), (right, bottom), second, 3)
        cv2.line(board, (inset, bottom), (right, bottom), second, 3)
