"""The nouns: frozen values that every room may hold. No I/O, no third-party imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final


class TaskStatus(StrEnum):
    """The life of a task: pending → processing → one of the three terminal states."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def terminal(self) -> bool:
        """True when the status can no longer change."""
        return self in (TaskStatus.SUCCESS, TaskStatus.FAILED, TaskStatus.CANCELED)


WEBHOOK_EVENTS: Final = {
    TaskStatus.SUCCESS: "prediction.task.succeeded",
    TaskStatus.FAILED: "prediction.task.failed",
    TaskStatus.CANCELED: "prediction.task.canceled",
}
"""What a webhook calls the end of a task."""


class Mode(StrEnum):
    """Quality for time: `std` is 720p, `pro` is 1080p."""

    STD = "std"
    PRO = "pro"


class AspectRatio(StrEnum):
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"


class ImageRole(StrEnum):
    """What a picture is for, where the caller says so (`image_types`)."""

    FIRST_FRAME = "first_frame"
    LAST_FRAME = "last_frame"
    REFERENCE = "reference"


class VideoRole(StrEnum):
    """What the source video is for, where the caller says so (`video_type`)."""

    EDIT = "edit"
    REFERENCE = "reference"


@dataclass(frozen=True)
class MediaRef:
    """An input by address: an `http(s)` URL still to be fetched, or `blob:KEY` already in our storage."""

    kind: MediaKind
    uri: str

    @property
    def blob_key(self) -> str | None:
        """The storage key, or None when the input lies on somebody else's server."""
        return self.uri.removeprefix("blob:") if self.uri.startswith("blob:") else None


@dataclass(frozen=True)
class MediaLimits:
    """What an input may measure. Bytes, pixels, seconds, frames per second."""

    image_bytes: int = 10 * 1024 * 1024
    image_min_side: int = 300
    image_max_side: int = 8000
    image_max_shape: float = 2.5
    video_bytes: int = 200 * 1024 * 1024
    video_min_seconds: float = 3.0
    video_max_seconds: float = 10.05
    video_min_side: int = 360
    video_max_side: int = 2160
    video_min_fps: float = 12.0
    video_max_fps: float = 60.0


@dataclass(frozen=True)
class VideoRequest:
    """What the caller wants, validated. `duration` is None exactly when a source video sets the length."""

    model: str
    prompt: str
    images: tuple[MediaRef, ...] = ()
    videos: tuple[MediaRef, ...] = ()
    sound: bool = False
    mode: Mode = Mode.PRO
    aspect_ratio: AspectRatio | None = None
    duration: int | None = 5
    multi_shot: bool = False
    seed: int | None = None
    negative_prompt: str | None = None
    image_types: tuple[ImageRole, ...] = ()
    video_type: VideoRole | None = None
    keep_original_sound: bool = False
    engine: str | None = None
    notes: tuple[str, ...] = ()
    """Remarks for the result's warnings, such as fields the wire does not know."""

    @property
    def model_id(self) -> str:
        """The model's bare name, without its provider."""
        return self.model.rpartition("/")[2]

    @property
    def inputs(self) -> tuple[MediaRef, ...]:
        """Images first, then the video, in the order the caller listed them."""
        return self.images + self.videos

    @property
    def task_kind(self) -> str:
        """The short kind inside a task id: `v2v`, `i2v` or `t2v`."""
        return "v2v" if self.videos else "i2v" if self.images else "t2v"


class JobKind(StrEnum):
    """What sort of work a request asks for."""

    TEXT = "text"
    ANIMATE = "animate"
    """Start from one picture (and land on a last one, when there is a second marked so)."""
    SUBJECTS = "subjects"
    """Pictures of subjects that should appear in a composed scene."""
    EDIT = "edit"
    """Repaint the source video."""
    REFERENCE = "reference"
    """Borrow the source video's camera and pace for something new."""


class CameraMove(StrEnum):
    STATIC = "static"
    PUSH_IN = "push_in"
    PULL_OUT = "pull_out"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    ORBIT = "orbit"
    DOLLY_ZOOM = "dolly_zoom"
    HANDHELD = "handheld"
    FOLLOW = "follow"


class Framing(StrEnum):
    """How much of the scene a shot shows."""

    WIDE = "wide"
    MEDIUM = "medium"
    CLOSE = "close"


class TimeOfDay(StrEnum):
    DAWN = "dawn"
    DAY = "day"
    GOLDEN_HOUR = "golden_hour"
    DUSK = "dusk"
    NIGHT = "night"


class Weather(StrEnum):
    CLEAR = "clear"
    CLOUDY = "cloudy"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"
    STORM = "storm"


class Transition(StrEnum):
    CUT = "cut"
    DISSOLVE = "dissolve"
    SLIDE = "slide"
    """The new picture pushes the old one out, as in a slide show."""


class Position(StrEnum):
    """Where a subject is, seen from the camera, in relation to others."""

    ON = "on"
    UNDER = "under"
    ABOVE = "above"
    BEHIND = "behind"
    IN_FRONT_OF = "in_front_of"
    LEFT_OF = "left_of"
    RIGHT_OF = "right_of"
    BESIDE = "beside"
    BETWEEN = "between"


@dataclass(frozen=True)
class Relation:
    """Where a subject is in relation to others; without `to`, in relation to the picture's own middle."""

    position: Position
    to: tuple[str, ...] = ()
    """Canonical nouns."""


@dataclass(frozen=True)
class Subject:
    """Somebody or something in the scene. `noun` and `action` are canonical English words."""

    noun: str
    count: int = 1
    colour: str | None = None
    action: str | None = None
    image: int | None = None
    """1-based place in the request's images when the caller tied a picture to it."""
    size: str | None = None
    """A canonical size word, such as `small` or `giant`."""
    relation: Relation | None = None


@dataclass(frozen=True)
class Shot:
    """One unbroken camera view. None in a field means the prompt did not say."""

    prompt: str
    share: float = 1.0
    """Relative length; the storyboard turns shares into whole frames."""
    camera: CameraMove | None = None
    framing: Framing | None = None
    place: str | None = None
    time_of_day: TimeOfDay | None = None
    weather: Weather | None = None
    subjects: tuple[Subject, ...] = ()
    images: tuple[int, ...] = ()
    """1-based places of the request's images that this shot uses. In an ANIMATE job the first one opens the
    shot (or closes it, when its role is last_frame) and a second one, unless a reference, closes it."""
    transition: Transition = Transition.CUT
    """How this shot begins after the one before it."""
    lettering: tuple[str, ...] = ()
    """Texts the prompt puts in quotes, to be set in the picture as they stand."""
    sounds: tuple[str, ...] = ()
    """Canonical names of sounds the prompt names, such as `thunder` or `piano`."""
    mood: str | None = None
    """A canonical mood word, such as `calm` or `tense`."""
    stirs: tuple[str, ...] = ()
    """Canonical names of what the prompt expects to move by itself, such as `water`, `clouds` or `leaves`."""


class EditKind(StrEnum):
    """Changes to a source that keep it what it is."""

    RECOLOUR = "recolour"
    SKY = "sky"
    DESATURATE = "desaturate"
    SPEED = "speed"
    REVERSE = "reverse"
    STABILISE = "stabilise"
    BLUR_BACKGROUND = "blur_background"


@dataclass(frozen=True)
class Edit:
    """One change to a source video."""

    kind: EditKind
    target: str | None = None
    """The noun of what is to change, for a recolour; of what keeps its colour, for a desaturation."""
    colour: str | None = None
    """The canonical colour the target has in the source, where the prompt says."""
    value: str | None = None
    """A canonical colour for a recolour; what the sky becomes, such as `sunset` or `stars`."""
    factor: float = 1.0
    """For a speed: how many times as fast, under 1 for slow motion."""


@dataclass(frozen=True)
class InventedLook:
    """A style nobody has a recipe for, by the materials and colours its words name."""

    name: str
    materials: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Storyboard:
    """What the director understood: engine-neutral, deterministic for a request."""

    kind: JobKind
    shots: tuple[Shot, ...]
    styles: tuple[str, ...] = ()
    """Canonical style names such as `clay` or `sci-fi`, in the order they apply."""
    on_twos: bool = False
    """Each drawing held for two frames, as in stop-motion."""
    edits: tuple[Edit, ...] = ()
    """Changes to the source video, in the order they apply, before any style."""
    invented: tuple[InventedLook, ...] = ()
    """Styles made up from words, applied with `styles`."""
    style_images: tuple[int, ...] = ()
    """1-based places of the request's images that lend their palette and texture."""
    unsupported: tuple[str, ...] = ()
    """Sentences naming what was asked and nobody here can do; they end in the result's warnings."""

    def frame_counts(self, total: int) -> tuple[int, ...]:
        """Whole frames per shot, proportional to the shares, adding up to `total` exactly."""
        whole = sum(shot.share for shot in self.shots)
        edges = [round(total * part / whole) for part in accumulate(shot.share for shot in self.shots)]
        return tuple(end - start for start, end in pairwise([0, *edges]))


@dataclass(frozen=True)
class Job:
    """What an engine is asked to make."""

    request: VideoRequest
    storyboard: Storyboard


@dataclass(frozen=True)
class ShotReport:
    """Where a shot lies in a finished clip, in frames."""

    start: int
    frames: int
    prompt: str


@dataclass(frozen=True)
class Spritesheet:
    """Stills of a clip in rows, as one picture; a local file. Pixels."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True)
class Clip:
    """A finished local MP4 and its poster, not yet published."""

    path: Path
    poster: Path
    width: int
    height: int
    fps: Fraction
    frames: int
    has_audio: bool = False
    shots: tuple[ShotReport, ...] = ()
    spritesheet: Spritesheet | None = None
    director: str = ""
    """Who directed it, `model` or `rules`, where a language model was to be asked."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return float(self.frames / self.fps)


@dataclass(frozen=True)
class Resource:
    """One file a finished task hands back. `key` names its blob; a link to it is signed when it is shown."""

    key: str
    type: str
    role: str
    format: str
    width: int
    height: int
    size: int
    sha256: str
    duration: float | None = None
    fps: float | None = None


@dataclass(frozen=True)
class PassedOver:
    """An engine that did not make a video, and why not."""

    engine: str
    reason: str


@dataclass(frozen=True)
class Succeeded:
    """The attempt made a clip and its files are published."""

    resources: tuple[Resource, ...]
    engine: str
    seed: int
    shots: tuple[ShotReport, ...] = ()
    warnings: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    """Engines that were to be tried first."""
    director: str = ""
    """As in `Clip`."""


@dataclass(frozen=True)
class Failed:
    """The attempt cannot succeed, or has been tried often enough."""

    type: str
    message: str
    retryable: bool = False


@dataclass(frozen=True)
class Stopped:
    """The caller's cancel reached the work."""


Outcome = Succeeded | Failed | Stopped


@dataclass(frozen=True)
class Progress:
    """How far an attempt has come: measured by the engine, never guessed."""

    value: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Task:
    """A task as its owner may see it."""

    task_id: str
    team: str
    request: VideoRequest
    status: TaskStatus
    created_at: datetime
    attempt: int = 0
    progress: Progress = field(default_factory=Progress)
    cancel_requested: bool = False
    started_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    queue_position: int | None = None
    eta_seconds: float | None = None
    request_id: str = ""
    outcome: Outcome | None = None
    charged: str = "0.0000"
    dialect: str | None = None
    """Whose words it was asked for in; None for the service's own."""
    external_id: str | None = None
    """What its caller calls it."""

    @property
    def model_id(self) -> str:
        """The model's bare name, without its provider."""
        return self.request.model_id
