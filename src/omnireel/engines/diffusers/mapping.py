"""From a job to the passes through a model that make it. Pure: what is asked, and of which frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Final

from omnireel.engines.diffusers.call import Call, Conditioning
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.profile import Pace, Profile
from omnireel.models import AspectRatio, ImageRole, Job, JobKind, MediaKind, Mode, Shot, VideoRequest
from omnireel.references import Reference, find_references

OVERLAP: Final = 9
"""Frames that two windows over one source share; they are faded into each other."""
CONDITIONINGS: Final = {
    JobKind.TEXT: Conditioning.TEXT,
    JobKind.ANIMATE: Conditioning.KEYFRAMES,
    JobKind.SUBJECTS: Conditioning.REFERENCES,
    JobKind.EDIT: Conditioning.EDIT,
}
ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


@dataclass(frozen=True)
class Facts:
    """What the attempt measured of the input that gives the clip its shape: pixels, and for a source video
    its frames at its own rate.
    """

    width: int
    height: int
    frames: int = 0
    fps: Fraction = Fraction(0)

    @property
    def seconds(self) -> Fraction:
        return self.frames / self.fps


@dataclass(frozen=True)
class Pass:
    """One call, and what goes with it. Frames are counted at the model's rate."""

    call: Call
    begin: int
    """Of the clip, where its first frame belongs."""
    keep: int
    """Frames that count; the model made more because it cannot make so few."""
    images: tuple[int, ...] = ()
    """1-based places of the request's images that go along as references."""
    opening: int | None = None
    """1-based place of the image that it begins with."""
    closing: int | None = None
    goes_on: bool = False
    """It begins with the frames before it, and those are not shown again."""
    fade: int = 0
    """Frames at its beginning that are faded into those already there."""
    shot: int = 0


@dataclass(frozen=True)
class Guide:
    """What a shot goes by: `conditioning` where no frame is given."""

    conditioning: Conditioning
    images: tuple[int, ...] = ()
    opening: int | None = None
    closing: int | None = None

    def taken(self, *, again: bool, last: bool) -> Guide:
        """What one take of it goes by. `again` says that it goes on from a frame that was made."""
        opening = None if again else self.opening
        closing = self.closing if last else None
        if again or opening is not None or closing is not None:
            return Guide(Conditioning.KEYFRAMES, (), opening, closing)
        return Guide(self.conditioning, self.images)


@dataclass(frozen=True)
class Plan:
    """A whole clip. Its length is in frames at the model's rate."""

    passes: tuple[Pass, ...]
    frames: int
    width: int
    height: int
    warnings: tuple[str, ...] = ()


def conditionings(profile: Profile) -> frozenset[Conditioning]:
    """What the model can go by."""
    return frozenset(one for weights in profile.weights for one in weights.does)


def kinds_of(profile: Profile) -> frozenset[JobKind]:
    """The work the model can do."""
    able = conditionings(profile)
    return frozenset(kind for kind, conditioning in CONDITIONINGS.items() if conditioning in able)


def longest_seconds(profile: Profile) -> float:
    """Of a clip in one pass."""
    return (profile.longest - profile.frame_offset) / profile.fps


def plan(job: Job, options: DiffusersOptions, facts: Facts | None, seed: int) -> Plan:
    """`facts` are those of the source video, or of the first picture; None without inputs."""
    return _Planner(job, options, facts, seed).plan()


class _Planner:
    def __init__(self, job: Job, options: DiffusersOptions, facts: Facts | None, seed: int) -> None:
        self._request, self._board = job.request, job.storyboard
        self._profile, self._options = options.model, options
        self._facts, self._seed = facts, seed
        self._pace = self._profile.pace(self._request.mode)
        self._width, self._height = canvas_of(self._profile, self._pace, self._request, facts)
        self._warnings: list[str] = []

    def plan(self) -> Plan:
        source = self._request.videos and self._facts is not None
        if source and self._board.kind is JobKind.EDIT:
            frames = self._frames_of(self._facts.seconds if self._facts else Fraction(0))
            passes = tuple(self._windows(frames))
        else:
            frames = self._frames_of(Fraction(self._request.duration or 5))
            passes = tuple(self._shots(frames))
        return Plan(passes, frames, self._width, self._height, tuple(self._warnings))

    def _frames_of(self, seconds: Fraction) -> int:
        return max(1, round(seconds * self._profile.fps))

    def _windows(self, frames: int) -> Iterator[Pass]:
        """A source in windows of the model's length; each shares its beginning with the one before."""
        images = self._references(self._request_images())
        conditioning = Conditioning.EDIT_WITH_REFERENCES if images else Conditioning.EDIT
        begin = made = 0
        overlap = min(OVERLAP, self._profile.longest // 4)
        count = self._even(frames, overlap)
        while made < frames:
            keep = min(count, frames - begin)
            call = self._call(conditioning, self._request.prompt, count, 0, images)
            yield Pass(call, begin, keep, images, fade=made - begin)
            made = begin + keep
            begin = made - overlap

    def _shots(self, frames: int) -> Iterator[Pass]:
        begin = 0
        shots = self._board.shots
        for number, (shot, count) in enumerate(zip(shots, self._board.frame_counts(frames), strict=True)):
            if count:
                yield from self._takes(number, shot, begin, count)
            begin += count

    def _takes(self, number: int, shot: Shot, begin: int, frames: int) -> Iterator[Pass]:
        """A shot in one pass; a longer one goes on from its last frame, as often as it takes."""
        guide, made = self._guide(shot), 0
        count = self._even(frames, self._profile.carry)
        while made < frames:
            again = made > 0
            # The frames that are gone on from come out again as the first ones.
            keep = min(count - (self._profile.carry if again else 0), frames - made)
            taken = guide.taken(again=again, last=made + keep >= frames)
            call = self._call(taken.conditioning, shot.prompt, count, number, taken.images)
            yield Pass(
                call,
                begin + made,
                keep,
                taken.images,
                taken.opening,
                taken.closing,
                goes_on=again,
                shot=number,
            )
            made += keep

    def _even(self, frames: int, shared: int) -> int:
        """A legal count for each of as few passes as it takes, of which each shares frames with the one
        before it.
        """
        longest = self._profile.longest
        count = max(1, -(-(frames - shared) // (longest - shared)))
        return self._profile.legal_frames(-(-(frames + (count - 1) * shared) // count))

    def _guide(self, shot: Shot) -> Guide:
        kind = CONDITIONINGS.get(self._board.kind, Conditioning.TEXT)
        if kind is Conditioning.KEYFRAMES:
            opening, closing = self._keyframes(shot)
            return Guide(Conditioning.TEXT, (), opening, closing)
        if kind is Conditioning.REFERENCES:
            return Guide(kind, self._references(shot.images or self._request_images()))
        return Guide(Conditioning.TEXT)

    def _call(
        self, conditioning: Conditioning, prompt: str, frames: int, shot: int, images: tuple[int, ...]
    ) -> Call:
        pace, request = self._pace, self._request
        distilled = self._options.std if request.mode is Mode.STD else self._options.pro
        return Call(
            conditioning=conditioning,
            prompt=plain(prompt, images),
            negative_prompt=request.negative_prompt or self._profile.negative_prompt,
            width=self._width,
            height=self._height,
            frames=frames,
            fps=self._profile.fps,
            steps=distilled.steps if distilled else pace.steps,
            guidance=distilled.guidance if distilled else pace.guidance,
            guidance_low=distilled.guidance if distilled else pace.guidance_low,
            shift=(distilled.shift if distilled else None) or pace.shift,
            seed=(self._seed + shot) % 2**32,
            references=len(images),
            lora=str(distilled.path) if distilled else None,
        )

    def _keyframes(self, shot: Shot) -> tuple[int | None, int | None]:
        """The pictures a shot begins and ends with, as the storyboard has them."""
        roles = self._request.image_types
        framed = [one for one in shot.images if not roles or roles[one - 1] is not ImageRole.REFERENCE]
        if len(framed) == 1 and roles and roles[framed[0] - 1] is ImageRole.LAST_FRAME:
            framed = [0, *framed]
        opening, closing = ([one or None for one in framed] + [None, None])[:2]
        if closing is not None and not self._profile.last_frame:
            self._warn(f"{self._profile.title} lands on no given frame; image {closing} was not used.")
            closing = None
        return opening, closing

    def _request_images(self) -> tuple[int, ...]:
        return tuple(range(1, len(self._request.images) + 1))

    def _references(self, images: tuple[int, ...]) -> tuple[int, ...]:
        most = self._profile.references
        for left_out in images[most:]:
            self._warn(
                f"{self._profile.title} takes {most} reference pictures; image {left_out} was not used."
            )
        return images[:most]

    def _warn(self, text: str) -> None:
        if text not in self._warnings:
            self._warnings.append(text)


def plain(prompt: str, images: tuple[int, ...]) -> str:
    """The prompt with its references in words that a model knows: `the first reference image`."""
    pieces, place = [], 0
    for reference in find_references(prompt):
        pieces += [prompt[place : reference.start], _named(reference, images)]
        place = reference.start + len(reference.text)
    return "".join([*pieces, prompt[place:]])


def _named(reference: Reference, images: tuple[int, ...]) -> str:
    if reference.kind is MediaKind.VIDEO:
        return "the source video"
    if reference.number in images:
        return f"the {ORDINALS[images.index(reference.number)]} reference image"
    return "the given image"


def canvas_of(profile: Profile, pace: Pace, request: VideoRequest, facts: Facts | None) -> tuple[int, int]:
    """Width and height: the input's shape where it decides, else the one asked for; about as many pixels as
    the pace has, in the model's multiples.
    """
    if facts is not None and (request.videos or request.aspect_ratio is None):
        return _shaped(facts.width / facts.height, pace, profile.side_multiple)
    match request.aspect_ratio:
        case AspectRatio.TALL:
            return pace.height, pace.width
        case AspectRatio.SQUARE:
            return _shaped(1.0, pace, profile.side_multiple)
    return pace.width, pace.height


def _shaped(shape: float, pace: Pace, multiple: int) -> tuple[int, int]:
    area = pace.width * pace.height
    width = max(1, round(sqrt(area * shape) / multiple))
    height = max(1, round(sqrt(area / shape) / multiple))
    return width * multiple, height * multiple
