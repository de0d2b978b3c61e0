from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise, product
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.unit.engines.studio.photographs import landscape, psnr, textured

from omnireel.engines.studio.animate import FPS, animate, make
from omnireel.engines.studio.photo.shown import Photo
from omnireel.errors import Canceled, EngineFailed, InvalidMedia
from omnireel.media.canvas import canvas
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import (
    AspectRatio,
    CameraMove,
    Clip,
    Framing,
    ImageRole,
    Job,
    JobKind,
    MediaKind,
    MediaRef,
    Mode,
    Shot,
    Storyboard,
    Subject,
    TimeOfDay,
    Transition,
    VideoRequest,
)
from omnireel.testing.engine import RecordingRun

SIZE = (320, 180)
PICTURE = MediaRef(MediaKind.IMAGE, "blob:picture")


def a_job(
    *shots: Shot,
    images: int = 1,
    seconds: int = 1,
    mode: Mode = Mode.STD,
    ratio: AspectRatio | None = None,
    roles: Sequence[ImageRole] = (),
    styles: Sequence[str] = (),
    on_twos: bool = False,
    sound: bool = False,
) -> Job:
    request = VideoRequest(
        "kling/kling-video-o1",
        "a picture",
        images=(PICTURE,) * images,
        duration=seconds,
        mode=mode,
        aspect_ratio=ratio,
        image_types=tuple(roles),
        sound=sound,
    )
    board = Storyboard(JobKind.ANIMATE, shots or (Shot("", images=(1,)),), tuple(styles), on_twos)
    return Job(request, board)


def animated(folder: Path, job: Job, *pictures: Frame, threads: int = 1) -> tuple[Clip, RecordingRun]:
    folder.mkdir()
    run = RecordingRun(folder, seed=9)
    photos = [Photo(picture) for picture in pictures or (landscape(640, 400),)]
    return animate(job, run, photos, SIZE, threads=threads), run


def still(picture: Frame) -> Frame:
    """A 16:9 picture at rest on the canvas."""
    return cast("Frame", cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA))


def frames_of(clip: Clip) -> list[Frame]:
    with VideoReader(clip.path, "mp4") as reader:
        return list(reader)


@pytest.mark.parametrize(("mode", "ratio"), [*product(Mode, AspectRatio), (Mode.STD, None)])
def test_every_mode_and_shape_gives_its_size_and_every_frame(
    tmp_path: Path, mode: Mode, ratio: AspectRatio | None
) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(landscape(640, 480)).save(path)
    run = RecordingRun(tmp_path, inputs={PICTURE: path})
    clip = make(a_job(mode=mode, ratio=ratio), run, threads=1)

    expected = canvas(mode, ratio or AspectRatio.WIDE)
    assert (clip.width, clip.height, clip.frames) == (*expected, 24)
    assert clip.fps == FPS
    with VideoReader(clip.path, "mp4") as reader:
        assert (reader.facts.width, reader.facts.height, reader.facts.frames) == (*expected, 24)
    with Image.open(clip.poster) as poster:
        assert poster.size == expected
    assert run.reports[0][0] == 0


@pytest.mark.parametrize("seconds", [1, 3, 5])
def test_a_clip_is_as_long_as_asked_to_the_frame(tmp_path: Path, seconds: int) -> None:
    clip, _ = animated(tmp_path / "a", a_job(seconds=seconds))
    assert clip.frames == len(frames_of(clip)) == seconds * 24
    assert clip.duration == seconds


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(tmp_path: Path) -> None:
    job = a_job(Shot("", camera=CameraMove.HANDHELD, images=(1,)))
    digests = {
        sha256(animated(tmp_path / str(threads), job, threads=threads)[0].path.read_bytes()).hexdigest()
        for threads in (1, 2, 4)
    }
    assert len(digests) == 1


def test_two_pictures_begin_on_the_first_and_end_on_the_last(tmp_path: Path) -> None:
    first, last = landscape(640, 360), textured(640, 360, seed=8)
    clip, _ = animated(tmp_path / "a", a_job(Shot("", images=(1, 2)), images=2), first, last)
    frames = frames_of(clip)
    stills = still(first), still(last)
    assert psnr(frames[0], stills[0]) > 26
    assert psnr(frames[-1], stills[1]) > 26
    assert psnr(frames[0], stills[1]) < 20
    assert psnr(frames[12], stills[0]) < 24


def test_what_two_pictures_share_travels_between_them(tmp_path: Path) -> None:
    ground = textured(640, 360)
    first = ground.copy()
    last = np.roll(ground, 24, axis=1)
    clip, _ = animated(tmp_path / "a", a_job(Shot("", images=(1, 2)), images=2), first, last)
    middle = frames_of(clip)[12]
    # Half way, by half the distance; a mere mix of both would be flat.
    assert float(middle.std()) > 0.9 * float(still(first).std())


def test_a_second_picture_marked_reference_is_not_an_ending(tmp_path: Path) -> None:
    first, other = landscape(640, 360), textured(640, 360, seed=8)
    roles = [ImageRole.FIRST_FRAME, ImageRole.REFERENCE]
    job = a_job(Shot("", images=(1, 2)), images=2, roles=roles)
    clip, _ = animated(tmp_path / "a", job, first, other)
    assert psnr(frames_of(clip)[-1], still(other)) < 20


def test_shots_are_cut_hard_at_their_frame(tmp_path: Path) -> None:
    shots = [
        Shot("wide", 2.0, framing=Framing.WIDE, images=(1,)),
        Shot("close", 1.0, framing=Framing.CLOSE, camera=CameraMove.PULL_OUT, images=(1,)),
    ]
    clip, _ = animated(tmp_path / "a", a_job(*shots, seconds=3), landscape(1280, 720, subject=(0.25, 0.6)))
    frames = frames_of(clip)
    jumps = [float(np.abs(a.astype(int) - b).mean()) for a, b in pairwise(frames)]
    assert [(shot.start, shot.frames, shot.prompt) for shot in clip.shots] == [
        (0, 48, "wide"),
        (48, 24, "close"),
    ]
    assert int(np.argmax(jumps)) == 47
    assert max(jumps) > 3 * sorted(jumps)[-2]


def test_a_dissolve_mixes_both_shots(tmp_path: Path) -> None:
    shots = [
        Shot("", images=(1,), camera=CameraMove.STATIC),
        Shot("", images=(2,), camera=CameraMove.STATIC, transition=Transition.DISSOLVE),
    ]
    black, white = np.zeros((360, 640, 3), np.uint8), np.full((360, 640, 3), 255, np.uint8)
    clip, _ = animated(tmp_path / "a", a_job(*shots, images=2, seconds=2), black, white)
    levels = [float(frame.mean()) for frame in frames_of(clip)]
    assert max(levels[:24]) < 10
    assert sum(40 < level < 215 for level in levels[24:36]) >= 6
    assert min(levels[36:]) > 245


def test_each_drawing_is_held_for_two_frames_on_twos(tmp_path: Path) -> None:
    job = a_job(Shot("", camera=CameraMove.PAN_LEFT, images=(1,)), on_twos=True)
    frames = frames_of(animated(tmp_path / "a", job, textured(900, 360))[0])
    steps = [float(np.abs(a.astype(int) - b).mean()) for a, b in pairwise(frames)]
    assert max(steps[8:16:2]) < 0.5 * min(steps[9:16:2])


def test_a_style_repaints_the_animated_picture(tmp_path: Path) -> None:
    plain, _ = animated(tmp_path / "a", a_job())
    clay, run = animated(tmp_path / "b", a_job(styles=["clay"]))
    assert clay.frames == len(frames_of(clay)) == 24
    assert psnr(frames_of(plain)[12], frames_of(clay)[12]) < 25
    assert run.warnings == []


def test_what_was_asked_and_not_made_is_said(tmp_path: Path) -> None:
    shot = Shot("", images=(1,), subjects=(Subject("dog", action="run"), Subject("tree")))
    _, run = animated(tmp_path / "a", a_job(shot, styles=["no such style"]))
    told = " ".join(run.warnings)
    assert "dog (run)" in told
    assert "tree" not in told
    assert "no such style" in told


def test_a_named_move_between_two_pictures_is_said_to_be_left_out(tmp_path: Path) -> None:
    shot = Shot("", images=(1, 2), camera=CameraMove.ORBIT)
    pictures = textured(640, 360), textured(640, 360, seed=8)
    _, run = animated(tmp_path / "a", a_job(shot, images=2), *pictures)
    assert any("camera" in warning for warning in run.warnings)


def test_a_dark_picture_is_not_made_night_twice(tmp_path: Path) -> None:
    night = Shot("", images=(1,), time_of_day=TimeOfDay.NIGHT)
    dark = np.asarray(landscape(640, 360) // 4, np.uint8)
    plain, _ = animated(tmp_path / "a", a_job(), dark)
    asked, _ = animated(tmp_path / "b", a_job(night), dark)
    assert plain.path.read_bytes() == asked.path.read_bytes()
    bright, _ = animated(tmp_path / "c", a_job(night))
    assert float(frames_of(bright)[0].mean()) < 0.8 * float(landscape(640, 400).mean())


def test_a_cancel_stops_it_and_leaves_no_clip(tmp_path: Path) -> None:
    run = RecordingRun(tmp_path, stop_at=3)
    with pytest.raises(Canceled):
        animate(a_job(), run, [Photo(landscape(640, 400))], SIZE, threads=2)
    assert len(run.reports) == 3
    assert not list(tmp_path.glob("*.mp4*"))


def test_a_job_without_a_picture_or_with_a_broken_one_fails_in_words(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="needs a picture"):
        make(a_job(images=0), RecordingRun(tmp_path), threads=1)
    path = tmp_path / "broken.png"
    Image.fromarray(landscape(640, 480)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InvalidMedia):
        make(a_job(), RecordingRun(tmp_path, inputs={PICTURE: path}), threads=1)


@pytest.mark.parametrize("transition", [Transition.DISSOLVE, Transition.SLIDE, Transition.CUT])
def test_a_film_of_photographs_shows_every_one_of_them(tmp_path: Path, transition: Transition) -> None:
    pictures = [textured(640, 360, seed=seed) for seed in (3, 8, 12)]
    shots = [Shot("", images=(n + 1,), transition=transition) for n in range(3)]
    clip, _ = animated(tmp_path / "a", a_job(*shots, images=3, seconds=3), *pictures)
    frames = frames_of(clip)
    stills = [still(picture) for picture in pictures]
    for number, moment in enumerate((16, 40, 68)):
        likeness = [_likeness(frames[moment], picture) for picture in stills]
        assert int(np.argmax(likeness)) == number


def _likeness(frame: Frame, picture: Frame) -> float:
    """Correlation of two blurred frames: a camera that has moved a little does not matter."""
    one, other = (
        cv2.GaussianBlur(raster, (0, 0), 6).astype(np.float64).ravel() for raster in (frame, picture)
    )
    return float(np.corrcoef(one, other)[0, 1])


def test_a_slide_pushes_the_old_picture_out(tmp_path: Path) -> None:
    black, white = np.zeros((360, 640, 3), np.uint8), np.full((360, 640, 3), 255, np.uint8)
    shots = [Shot("", images=(1,)), Shot("", images=(2,), transition=Transition.SLIDE)]
    frames = frames_of(animated(tmp_path / "a", a_job(*shots, images=2, seconds=2), black, white)[0])
    middle = frames[24 + 7][90, :, 0]
    assert middle[5] < 20
    assert middle[-5] > 235


@pytest.mark.parametrize(
    "name", ["alpha.png", "cmyk.jpg", "deep.png", "turned.jpg", "grey.png", "moving.webp"]
)
def test_odd_pictures_are_animated_as_they_look(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    picture = Image.fromarray(landscape(600, 400)[..., ::-1])
    save_oddly(picture, path)
    run = RecordingRun(tmp_path, inputs={PICTURE: path})
    frames = frames_of(make(a_job(ratio=AspectRatio.WIDE), run, threads=1))
    small = np.asarray(cv2.resize(frames[12], SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    likeness = _likeness(small, still(landscape(600, 400)))
    assert likeness > 0.8


def save_oddly(picture: Image.Image, path: Path) -> None:
    """The picture in a form cameras and editors leave behind, by the file's name."""
    if path.stem == "alpha":
        picture.putalpha(255)
        picture.save(path)
    elif path.stem == "cmyk":
        picture.convert("CMYK").save(path, quality=95)
    elif path.stem == "deep":
        Image.fromarray(np.asarray(picture.convert("L"), np.uint16) * 257).save(path)
    elif path.stem == "turned":
        exif = Image.Exif()
        exif[0x0112] = 6
        picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    elif path.stem == "grey":
        picture.convert("L").save(path)
    else:
        dark = picture.point(lambda level: level // 8)
        picture.save(path, save_all=True, append_images=[dark], duration=100, lossless=True)
