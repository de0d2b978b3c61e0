"""What people use today instead: per-frame filters of OpenCV, FFmpeg and G'MIC."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from omnireel.media.frames import Frame

Filter = Callable[[Frame], Frame]
_SECONDS = 120


@dataclass(frozen=True)
class Peer:
    """A per-frame filter and our style that answers it."""

    name: str
    answered_by: str
    apply: Filter


def opencv_peers() -> tuple[Peer, ...]:
    """The stylizing filters of OpenCV, and the cartoon of a thousand tutorials."""
    return (
        Peer("cv2.stylization", "watercolor", _stylization),
        Peer("cv2.xphoto.oilPainting", "oil", _oil),
        Peer("cv2.pencilSketch", "pencil", _pencil),
        Peer("tutorial cartoon", "comic", _cartoon),
        Peer("cv2.pyrMeanShiftFiltering", "clay", _mean_shift),
        Peer("cv2.edgePreservingFilter", "anime", _edge_preserving),
        Peer("pixelise", "pixel", _pixelise),
    )


def ffmpeg_peers() -> tuple[tuple[str, str, str], ...]:
    """Filters of the ffmpeg command as (name, filter graph, our style that answers it)."""
    return (
        ("ffmpeg pixelize", "pixelize=w=5:h=5", "pixel"),
        ("ffmpeg noir curves", "hue=s=0,curves=preset=strong_contrast,vignette", "noir"),
        ("ffmpeg vintage curves", "curves=preset=vintage,noise=alls=12:allf=t,vignette", "vintage"),
        ("ffmpeg edgedetect", "edgedetect=mode=colormix:high=0.2", "pencil"),
        ("ffmpeg elbg", "elbg=codebook_length=24", "paper"),
        ("frei0r cartoon", "frei0r=cartoon:0.4:0.3", "anime"),
        ("frei0r edgeglow", "frei0r=edgeglow", "sci-fi"),
        ("frei0r colorhalftone", "frei0r=colorhalftone", "comic"),
    )


def gmic_peers() -> tuple[Peer, ...]:
    """Filters of the gmic command, when there is one. Each frame is a process, as its users run it."""
    if shutil.which("gmic") is None:
        return ()
    return (
        Peer("gmic cartoon", "comic", lambda frame: _gmic(frame, "cartoon", "3,200,20,0.25,1.5,8,0")),
        Peer("gmic pencilbw", "pencil", lambda frame: _gmic(frame, "pencilbw", "0.3")),
        Peer("gmic painting", "oil", lambda frame: _gmic(frame, "fx_painting", "5,2.5,1.5,50,1,0")),
        Peer("gmic stained glass", "stained-glass", lambda frame: _gmic(frame, "stained_glass", "75%,1")),
    )


def _stylization(frame: Frame) -> Frame:
    return cast("Frame", cv2.stylization(frame, None, 60, 0.45))


def _oil(frame: Frame) -> Frame:
    return cast("Frame", cv2.xphoto.oilPainting(frame, 4, 1))


def _pencil(frame: Frame) -> Frame:
    grey, _ = cv2.pencilSketch(frame, None, None, 60, 0.07, 0.05)
    return cast("Frame", cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))


def _cartoon(frame: Frame) -> Frame:
    smooth = frame
    for _ in range(2):
        smooth = cast("Frame", cv2.bilateralFilter(smooth, 9, 75, 75))
    grey = cv2.medianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), 7)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 2)
    return cast("Frame", cv2.bitwise_and(smooth, cv2.cvtColor(lines, cv2.COLOR_GRAY2BGR)))


def _mean_shift(frame: Frame) -> Frame:
    return cast("Frame", cv2.pyrMeanShiftFiltering(frame, 10, 32, maxLevel=2))


def _edge_preserving(frame: Frame) -> Frame:
    return cast("Frame", cv2.edgePreservingFilter(frame, None, 1, 60, 0.4))


def _pixelise(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    few = cv2.resize(frame, (width // 5, height // 5), interpolation=cv2.INTER_AREA)
    return cast("Frame", cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST))


def _gmic(frame: Frame, *command: str) -> Frame:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out.png")
        cv2.imwrite(str(source), frame)
        # The command, its filters and their settings are this file's own.
        subprocess.run(
            ["gmic", "-v", "-1", str(source), *command, "-o", str(target)],
            check=True,
            timeout=_SECONDS,
            capture_output=True,
        )
        found = cv2.imread(str(target))
        if found is None:
            raise RuntimeError(f"gmic {command[0]} wrote no picture")
        return np.asarray(found, np.uint8)
