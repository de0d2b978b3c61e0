"""Whether a scene shows what its prompt says: 24 prompts in two languages, checked on the finished files.

    python -m benchmarks.prompts [--sheet sheet.png]

Nobody looks on, so each check is a construction, with thresholds set beforehand: the storyboard names the
words; the painter's own mask says which pixels are whose; the decoded file is compared with the same scene
painted without its cast, so a subject that is not in the file does not count; light is read from levels, the
camera from the flow of the file. A sheet of frames is there for people.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.director.direct import direct
from omnireel.engines.studio import StudioEngine
from omnireel.engines.studio.scenery.script import ShotScript, read_scene
from omnireel.engines.studio.scenery.shot import ShotPainter
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import AspectRatio, CameraMove, Job, Mode, Storyboard, TimeOfDay, VideoRequest, Weather
from omnireel.testing.engine import RecordingRun

Corners: TypeAlias = NDArray[np.float32]

_LOOKED_AT = 8
"""Frames of each clip that are checked."""
_LEAST_AREA, _LEAST_FRAMES = 0.02, 0.6
_SEEN = 10.0
"""Mean grey levels by which the file must differ, where a subject is, from the scene without it."""
_DARK, _BRIGHT, _WARM = 75.0, 85.0, 8.0
_ZOOM, _PAN = 0.02, 0.02
"""Relative growth, and share of the width, over the clip from which a camera counts as moving."""


@dataclass(frozen=True)
class Case:
    """A prompt and what a viewer must be able to say of the clip."""

    prompt: str
    place: str
    cast: tuple[tuple[str, int], ...]
    time: TimeOfDay | None = None
    weather: Weather | None = None
    camera: CameraMove | None = None


CASES = (
    Case(
        "A dog running along the beach at golden hour, slow push-in",
        "beach",
        (("dog", 1),),
        TimeOfDay.GOLDEN_HOUR,
        camera=CameraMove.PUSH_IN,
    ),
    Case("Two cats playing in a garden full of flowers", "garden", (("cat", 2),)),
    Case(
        "A red car drives through a rainy street at night",
        "street",
        (("car", 1),),
        TimeOfDay.NIGHT,
        Weather.RAIN,
    ),
    Case("A rocket launches into deep space", "space", (("rocket", 1),)),
    Case(
        "Three penguins walking on a snowfield, pan right",
        "snowfield",
        (("penguin", 3),),
        camera=CameraMove.PAN_RIGHT,
    ),
    Case("A sailboat on the open sea under a stormy sky", "sea", (("sailboat", 1),), weather=Weather.STORM),
    Case("A turtle swimming underwater among fish", "underwater", (("turtle", 1),)),
    Case("An owl in a dark forest at night", "forest", (("owl", 1),), TimeOfDay.NIGHT),
    Case("A robot dancing in a neon city", "neon-city", (("robot", 1),)),
    Case(
        "A camel crossing the desert, the camera pulls out",
        "desert",
        (("camel", 1),),
        camera=CameraMove.PULL_OUT,
    ),
    Case("A cow and two sheep on a farm in the morning", "farm", (("cow", 1), ("sheep", 2))),
    Case("A lighthouse above the harbour in the fog", "harbour", (("lighthouse", 1),), weather=Weather.FOG),
    Case("一只熊猫在竹林里吃竹子", "forest", (("panda", 1),)),
    Case("夜晚的霓虹城市里，一辆汽车驶过", "neon-city", (("car", 1),), TimeOfDay.NIGHT),
    Case("两只兔子在草地上跳跃，阳光明媚", "meadow", (("rabbit", 2),)),
    Case("一条鲸鱼在海底游动", "underwater", (("whale", 1),)),
    Case("宇航员在月球上行走，镜头缓缓推近", "moon", (("astronaut", 1),), camera=CameraMove.PUSH_IN),
    Case("大雪中，一只狐狸走过森林", "forest", (("fox", 1),), weather=Weather.SNOW),
    Case("黄昏时分，湖面上漂着一只纸船", "lake", (("paper boat", 1),), TimeOfDay.DUSK),
    Case("厨房里，一位厨师正在做饭", "kitchen", (("chef", 1),)),
    Case("舞台上一位歌手在唱歌，镜头向左摇", "stage", (("singer", 1),), camera=CameraMove.PAN_LEFT),
    Case("三只鸭子在河里游泳", "river", (("duck", 3),)),
    Case("一匹马在草原上奔跑，日落", "meadow", (("horse", 1),), TimeOfDay.GOLDEN_HOUR),
    Case("下雨的街道上，一个女孩撑着雨伞", "street", (("girl", 1),), weather=Weather.RAIN),
)


@dataclass(frozen=True)
class Finding:
    """The verdict on one case: each check by name, and a few frames to look at."""

    case: Case
    checks: dict[str, bool]
    seconds: float
    frames: tuple[Frame, ...]
    warnings: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description="Check scenes against their prompts.")
    parser.add_argument("--sheet", type=Path, help="write three frames of each scene here")
    parser.add_argument("--only", help="only prompts that contain this text")
    arguments = parser.parse_args()
    cases = [case for case in CASES if not arguments.only or arguments.only in case.prompt]
    findings = [checked(case) for case in cases]
    for finding in findings:
        failed = [name for name, passed in finding.checks.items() if not passed]
        print(
            f"{'FAIL' if failed else 'ok  '} {finding.seconds:5.1f} s  {finding.case.prompt}  {failed or ''}"
        )
        for warning in finding.warnings:
            print(f"        {warning}")
    total = Counter(name for finding in findings for name in finding.checks)
    passed = Counter(name for finding in findings for name, good in finding.checks.items() if good)
    print(", ".join(f"{name} {passed[name]}/{total[name]}" for name in total))
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), np.vstack([np.hstack(finding.frames) for finding in findings]))


def checked(case: Case) -> Finding:
    """Make a clip of a case as a caller would, decode it, and check it."""
    request = VideoRequest(
        "kling/kling-video-o1", case.prompt, mode=Mode.STD, aspect_ratio=AspectRatio.WIDE, seed=7
    )
    board = direct(request)
    job = Job(request, board)
    with tempfile.TemporaryDirectory() as folder:
        run = RecordingRun(Path(folder), 7)
        began = time.perf_counter()
        clip = StudioEngine(threads=2).generate(job, run)
        seconds = time.perf_counter() - began
        with VideoReader(clip.path, "mp4") as reader:
            frames = [frame.copy() for frame in islice(reader, None)]
    numbers = [round(at * (len(frames) - 1)) for at in np.linspace(0.1, 0.9, _LOOKED_AT)]
    checks = {
        **_understood(case, board),
        **_cast_checks(case, job, run, frames, numbers),
        **_light_checks(case, [frames[number] for number in numbers]),
        **_camera_checks(case, frames),
    }
    few = tuple(_small(frames[numbers[index]]) for index in (0, _LOOKED_AT // 2, _LOOKED_AT - 1))
    return Finding(case, checks, seconds, few, (*board.unsupported, *run.warnings))


def _understood(case: Case, board: Storyboard) -> dict[str, bool]:
    shot = board.shots[0]
    found = Counter({subject.noun: subject.count for subject in shot.subjects})
    return {
        "place": shot.place == case.place,
        "nouns": all(found[noun] == count for noun, count in case.cast),
        "time": case.time is None or shot.time_of_day is case.time,
        "weather": case.weather is None or shot.weather is case.weather,
        "camera word": case.camera is None or shot.camera is case.camera,
    }


def _cast_checks(
    case: Case, job: Job, run: RecordingRun, frames: Sequence[Frame], numbers: Sequence[int]
) -> dict[str, bool]:
    """Every member large enough in most frames by the mask, and really there in the file."""
    script = read_scene(job, RecordingRun(run.scratch, run.seed)).shots[0]
    size = frames[0].shape[1], frames[0].shape[0]
    full, empty = (
        _painter(script, size, len(frames), run.seed),
        _painter(_deserted(script), size, len(frames), run.seed),
    )
    wanted = sum(count for _, count in case.cast)
    visible: Counter[int] = Counter()
    there: Counter[int] = Counter()
    for number in numbers:
        ids, bare = full.paint(number)[1], empty.paint(number)[0]
        apart = np.abs(frames[number].astype(np.float32) - bare).mean(axis=2)
        for mark in range(1, len(full.cast.members) + 1):
            mask = ids == mark
            visible[mark] += mask.mean() >= _LEAST_AREA
            there[mark] += bool(mask.any()) and float(apart[mask].mean()) >= _SEEN
    least = _LEAST_FRAMES * len(numbers)
    return {
        "seen": sum(count >= least for count in visible.values()) >= wanted,
        "in the file": sum(count >= least for count in there.values()) >= wanted,
        "counted": len(full.cast.members) >= wanted,
    }


def _painter(script: ShotScript, size: tuple[int, int], frames: int, seed: int) -> ShotPainter:
    return ShotPainter(script, size=size, frames=frames, seed=seed)


def _deserted(script: ShotScript) -> ShotScript:
    return replace(script, roles=())


def _light_checks(case: Case, frames: Sequence[Frame]) -> dict[str, bool]:
    """Night dark, golden hour warm, fog flat; each against fixed levels."""
    mean = float(np.mean([frame.mean() for frame in frames]))
    blue, _, red = (float(np.mean([frame[..., channel].mean() for frame in frames])) for channel in range(3))
    checks: dict[str, bool] = {}
    if case.time is TimeOfDay.NIGHT:
        checks["light"] = mean < _DARK
    elif case.time is TimeOfDay.GOLDEN_HOUR:
        checks["light"] = red - blue > _WARM
    elif (
        case.time is None
        and case.weather is None
        and case.place not in ("space", "neon-city", "stage", "moon", "underwater")
    ):
        checks["light"] = mean > _BRIGHT
    if case.weather in (Weather.RAIN, Weather.SNOW):
        checks["falls"] = _flicker(frames) > 1.0
    return checks


def _flicker(frames: Sequence[Frame]) -> float:
    """Fine detail that differs from frame to frame: what falls is small and everywhere."""
    fine = [frame.astype(np.float32) - cv2.blur(frame, (5, 5)) for frame in frames]
    return float(np.mean([np.abs(one - other).mean() for one, other in pairwise(fine)]))


def _camera_checks(case: Case, frames: Sequence[Frame]) -> dict[str, bool]:
    if case.camera is None:
        return {}
    zoom, pan = _camera_of(frames)
    tests: dict[CameraMove, Callable[[], bool]] = {
        CameraMove.PUSH_IN: lambda: zoom > _ZOOM,
        CameraMove.PULL_OUT: lambda: zoom < -_ZOOM,
        CameraMove.PAN_RIGHT: lambda: pan < -_PAN,
        CameraMove.PAN_LEFT: lambda: pan > _PAN,
    }
    return {"camera": tests[case.camera]()}


def _camera_of(frames: Sequence[Frame]) -> tuple[float, float]:
    """How much the picture grew over the clip, and how far it moved, in widths."""
    zoom, pan = 1.0, 0.0
    few = [cv2.cvtColor(cv2.resize(frame, (320, 180)), cv2.COLOR_BGR2GRAY) for frame in frames[::4]]
    for one, other in pairwise(few):
        corners = cast("Corners | None", cv2.goodFeaturesToTrack(one, 300, 0.01, 6))
        if corners is None:
            continue
        moved, found, _ = cv2.calcOpticalFlowPyrLK(one, other, corners, np.empty_like(corners))
        good = found.ravel() > 0
        matrix, _ = cv2.estimateAffinePartial2D(corners[good], moved[good], ransacReprojThreshold=1.5)
        if matrix is not None:
            zoom *= float(np.hypot(matrix[0, 0], matrix[1, 0]))
            centre = matrix @ np.array([160.0, 90.0, 1.0])
            pan += float(centre[0] - 160.0) / 320
    return zoom - 1, pan


def _small(frame: Frame) -> Frame:
    return cast("Frame", cv2.resize(frame, (320, 180), interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    main()
