"""Photographs as members of a cast: cut out where that comes out clean, else framed on an easel."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.picture.saliency import saliency_of
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.art import trimmed

_SIDE = 240
"""Longer side at which a subject is looked for."""
_KEPT = 720
"""Longer side of what is returned."""
_ROUNDS = 4
_RIM_COLOURS = 5
_UNLIKE = 45.0
"""Lab distance at which a colour has nothing of the background."""


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
    alpha = _matte(kept, mask)
    colours = _own_colours(kept, alpha)
    return trimmed(np.concatenate([colours, (alpha[..., None] * 255).astype(np.uint8)], axis=2))


def _matte(kept: Bytes, mask: Bytes) -> Floats:
    """The mask at the picture's size with soft edges where the picture has them.

    A guided filter (He et al., "Guided Image Filtering", 2010) follows hair and blur, a curve clears haze.
    """
    size = kept.shape[1], kept.shape[0]
    wide = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    guide = kept.astype(np.float32) / 255
    alpha = cv2.ximgproc.guidedFilter(guide, wide, max(3, round(max(size) / 110)), 4e-4)
    return np.asarray(np.clip((alpha - 0.22) / 0.6, 0, 1), np.float32)


def _own_colours(kept: Bytes, alpha: Floats) -> Bytes:
    """The picture without the background's colour in the soft rim, which takes the subject's from nearby."""
    solid = (alpha > 0.95).astype(np.float32)
    side = max(5, round(max(kept.shape[:2]) / 60)) | 1
    weight = cv2.blur(solid, (side, side))
    inner = cv2.blur(kept.astype(np.float32) * solid[..., None], (side, side)) / (weight[..., None] + 1e-4)
    known = np.clip(weight * 8, 0, 1)[..., None] * (1 - alpha[..., None])
    return np.asarray(kept * (1 - known) + inner * known, np.uint8)


def _kept(picture: Bytes) -> Bytes:
    scale = min(1.0, _KEPT / max(picture.shape[:2]))
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _subject(small: Bytes) -> Bytes | None:
    height, width = small.shape[:2]
    salient: Floats = cv2.resize(saliency_of(small), (width, height)).astype(np.float32)
    drawn = 0.5 * salient + 0.5 * _unlike_the_rim(small) * np.clip(salient * 4, 0, 1)
    labels = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    labels[drawn > 0.38] = cv2.GC_PR_FGD
    labels[drawn > 0.74] = cv2.GC_FGD
    edge = max(2, round(min(height, width) * 0.02))
    labels[:edge], labels[:, :edge], labels[:, -edge:] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_BGD
    if not ((labels == cv2.GC_FGD).any() and (labels == cv2.GC_BGD).any()):
        return None
    cv2.setRNGSeed(7)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, labels, (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    return _filled(cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.uint8))


def _unlike_the_rim(small: Bytes) -> Floats:
    """How far each colour is from those along the top and the sides, 0 to 1: there lies the background."""
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    edge = max(3, round(0.04 * min(small.shape[:2])))
    sides = [
        lab[: 2 * lab.shape[0] // 3, columns].reshape(-1, 3) for columns in (slice(edge), slice(-edge, None))
    ]
    rim = np.concatenate([lab[:edge].reshape(-1, 3), *sides])[::3]
    cv2.setRNGSeed(7)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 12, 0.0)
    _, _, centres = cv2.kmeans(rim, _RIM_COLOURS, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    apart = np.linalg.norm(lab[:, :, None] - centres[None, None], axis=3).min(axis=2)
    return np.asarray(np.clip(cv2.GaussianBlur(apart, (0, 0), 1.5) / _UNLIKE, 0, 1), np.float32)


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
    whole = 0.025 < share < 0.62 and float(sides.mean()) < 0.03
    return whole and solid > 0.43 and _is_alone(small, mask) and _stands_out(small, mask)


def _is_alone(small: Bytes, mask: Bytes) -> bool:
    """Whether nothing else in the picture draws the eye."""
    salient = cv2.resize(saliency_of(small), (small.shape[1], small.shape[0]))
    return float(salient[mask == 0].mean()) < 0.145


def _stands_out(small: Bytes, mask: Bytes) -> bool:
    """Whether nearly everywhere along the outline the colours on its two sides differ (Lab, city block)."""
    near = np.ones((9, 9), np.uint8)
    outline = (cv2.dilate(mask, near) > 0) & (cv2.erode(mask, near) == 0)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    gap = np.abs(_mean_of(lab, mask) - _mean_of(lab, 1 - mask)).sum(axis=2)
    return bool(outline.any()) and float(np.percentile(gap[outline], 20)) > 25


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
