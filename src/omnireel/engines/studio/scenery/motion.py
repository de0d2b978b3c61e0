"""How things move: the pose of a cast member at any moment, from its nature and its action."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

TAU = 2 * math.pi


@dataclass(frozen=True)
class Pose:
    """Offsets in body heights (x right, y up), a turn in radians, and which drawing of a cycle to show."""

    x: float = 0.0
    y: float = 0.0
    lean: float = 0.0
    sx: float = 1.0
    sy: float = 1.0
    shear: float = 0.0
    cycle: float = 0.0
    """0 to 1 through the limb cycle."""


@dataclass(frozen=True)
class Gait:
    """A way of moving. `travel` is body heights per second along the ground; `lift` keeps it off the
    ground."""

    name: str
    travel: float = 0.0
    limbs: str = ""
    """Which limb cycle to draw: legs, swim, or none."""
    airborne: bool = False
    water: bool = False


GAITS = {
    gait.name: gait
    for gait in (
        Gait("idle"),
        Gait("walk", 0.45, "legs"),
        Gait("run", 1.55, "legs"),
        Gait("gallop", 1.6),
        Gait("waddle", 0.28),
        Gait("hop", 0.75),
        Gait("crawl", 0.22),
        Gait("plod", 0.30),
        Gait("jump"),
        Gait("dance"),
        Gait("spin"),
        Gait("nod"),
        Gait("rest"),
        Gait("sway"),
        Gait("drive", 1.9),
        Gait("bounce"),
        Gait("roll", 0.5),
        Gait("flame"),
        Gait("grow"),
        Gait("melt"),
        Gait("burst"),
        Gait("flap", 0.55, airborne=True),
        Gait("flutter", 0.30, airborne=True),
        Gait("hover", 0.12, airborne=True),
        Gait("soar", 0.9, airborne=True),
        Gait("drift", airborne=True),
        Gait("float", airborne=True),
        Gait("kite", airborne=True),
        Gait("fall", airborne=True),
        Gait("rise", airborne=True),
        Gait("launch", airborne=True),
        Gait("orbit", airborne=True),
        Gait("streak", airborne=True),
        Gait("swim", 0.40, "swim", airborne=True, water=True),
        Gait("pulse", 0.05, airborne=True, water=True),
        Gait("sail", 0.22, water=True),
        Gait("paddle", 0.18, water=True),
        Gait("leap", 0.5, water=True),
        Gait("bob", water=True),
    )
}

_NATURES = {
    "walker": "walk", "galloper": "gallop", "heavy": "plod", "hopper": "hop", "crawler": "crawl",
    "biped": "idle",
    "runner": "run", "waddler": "waddle", "perched": "idle", "flyer": "flap", "flapper": "flutter",
    "hover": "hover",
    "swimmer": "swim", "jelly": "pulse", "paddler": "paddle", "leaper": "leap", "driver": "drive",
    "sailer": "sail",
    "soarer": "soar", "rocket": "launch", "drifter": "drift", "balloon": "float", "kite": "kite",
    "faller": "fall",
    "rooted": "sway", "bloom": "sway", "still": "idle", "roller": "roll", "bouncer": "bounce",
    "spinner": "spin",
    "dancer": "dance", "flame": "flame", "planet": "orbit", "comet": "streak",
}  # fmt: skip

_WALKS = {
    "walker",
    "galloper",
    "heavy",
    "biped",
    "runner",
    "waddler",
    "hopper",
    "crawler",
    "perched",
    "paddler",
}
_FLIES = {"flyer", "flapper", "hover", "perched", "soarer", "balloon", "kite", "rocket", "drifter", "paddler"}
_SWIMS = {"swimmer", "jelly", "leaper", "paddler"}
_FAST = {"run", "race", "sprint", "chase", "gallop", "dash", "rush", "jog", "charge", "flee"}
_SLOW = {
    "walk",
    "stroll",
    "wander",
    "march",
    "hike",
    "roam",
    "cross",
    "move",
    "travel",
    "go",
    "approach",
    "step",
    "enter",
}
_ALOFT = {"fly", "soar", "glide", "flutter", "swoop", "circle"}
_AFLOAT = {"sail", "row", "cruise", "paddle", "surf"}
_WHEELS = {
    "drive",
    "ride",
    "speed",
    "drift",
    "race",
    "run",
    "go",
    "move",
    "travel",
    "cross",
    "ski",
    "slide",
    "skate",
}
_LIFT_OFF = {"launch", "rise", "fly", "lift", "blast", "take", "ascend", "travel", "soar", "climb", "speed"}


@cache
def _by_hand() -> dict[str, dict[str, str]]:
    """motions.txt: under each heading, words to what stands before them."""
    lines = (files("omnireel.engines.studio.scenery") / "motions.txt").read_text("utf-8").splitlines()
    tables: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.startswith("["):
            table = tables.setdefault(line.strip("[]"), {})
        elif " = " in line and not line.startswith("#"):
            value, _, words = line.partition(" = ")
            table |= dict.fromkeys(words.split(", "), value)
    return tables


def paced(gait: Gait, name: str) -> Gait:
    """The gait at the speed of a particular picture's subject: a snail crawls slower than a lizard."""
    pace = float(_by_hand()["paces"].get(name, 1.0))
    return replace(gait, travel=gait.travel * pace) if pace != 1.0 else gait


def gait_for(nature: str, action: str | None) -> tuple[Gait, bool]:
    """The gait of a kind of thing doing an action, and whether the action was understood."""
    usual = GAITS[_NATURES.get(nature, "idle")]
    verb = (action or "").lower().split(" ")[0]
    if not verb:
        return usual, True
    name = _special(nature, verb) or _by_hand()["verbs"].get(verb)
    return (GAITS[name], True) if name else (usual, False)


def _special(nature: str, verb: str) -> str | None:
    """What an action means for a particular kind of thing."""
    if nature == "rocket" and verb in _LIFT_OFF:
        return "launch"
    if nature == "driver" and verb in _WHEELS:
        return "drive"
    if nature == "sailer" and verb in _AFLOAT | _WHEELS | _SLOW | {"float", "bob", "pass", "drift"}:
        return "sail"
    if nature in _FLIES and verb in (
        _ALOFT | _SLOW | _FAST if nature not in ("perched", "paddler") else _ALOFT
    ):
        return {"flapper": "flutter", "perched": "flap", "paddler": "flap"}.get(nature, _NATURES[nature])
    if verb in _ALOFT:
        return "soar" if nature == "soarer" else "float"
    if verb == "swim" or (nature in _SWIMS and verb in _SLOW | _FAST):
        return _NATURES[nature] if nature in _SWIMS else "bob"
    if nature == "leaper" and verb in ("jump", "leap"):
        return "leap"
    if verb in _AFLOAT:
        return "sail"
    if nature in _WALKS and verb in _FAST:
        return {"galloper": "gallop", "hopper": "hop", "waddler": "waddle", "heavy": "gallop"}.get(
            nature, "run"
        )
    if nature in _WALKS and verb in _SLOW:
        return {
            "galloper": "plod",
            "biped": "walk",
            "runner": "run",
            "perched": "hop",
            "paddler": "waddle",
        }.get(nature, _NATURES[nature])
    return _NATURES.get(nature) if verb in _SLOW | _FAST | {"crawl", "slither", "slide"} else None


def pose_at(gait: Gait, t: float, u: float, phase: float, *, front: bool) -> Pose:
    """The pose `t` seconds into a shot that is a share `u` done. `phase` in cycles tells members of a group
    apart; `front` marks a figure drawn from the front, which rocks where others stride."""
    match gait.name:
        case "walk" if front:
            return _rock(t * 1.5 + phase, 0.075, 0.035)
        case "walk":
            return _stride(t * 1.5 + phase, bob=0.018, pitch=0.025)
        case "run" if front:
            return _rock(t * 2.4 + phase, 0.11, 0.09)
        case "run":
            return _stride(t * 2.3 + phase, bob=0.055, pitch=0.06)
        case "gallop":
            return _gallop(t * 1.75 + phase)
        case "waddle":
            return _rock(t * 1.35 + phase, 0.11, 0.03)
        case "plod":
            return _rock(t * 0.85 + phase, 0.022, 0.016)
        case "hop" | "jump" | "bounce":
            return _hop(gait.name, t, phase)
        case "crawl":
            wave = math.sin(TAU * (t * 1.1 + phase))
            return Pose(sx=1 + 0.05 * wave, sy=1 - 0.045 * wave, lean=0.015 * wave)
    return _other(gait.name, t, u, phase)


def _other(name: str, t: float, u: float, phase: float) -> Pose:
    slow = math.sin(TAU * (t * 0.32 + phase))
    quick = math.sin(TAU * (t * 1.1 + phase))
    match name:
        case "dance":
            beat = math.sin(TAU * (t * 1.0 + phase))
            return Pose(
                x=0.07 * beat, y=0.06 * abs(beat), lean=0.13 * beat, sy=1 - 0.05 * math.cos(2 * TAU * t)
            )
        case "spin":
            turn = math.cos(TAU * (t * 0.5 + phase))
            return Pose(sx=math.copysign(max(0.10, abs(turn)), turn), y=0.02 + 0.02 * slow)
        case "nod":
            dip = max(0.0, math.sin(TAU * (t * 0.7 + phase)))
            return Pose(lean=0.09 * dip, sy=1 - 0.03 * dip)
        case "rest":
            return Pose(sy=0.97 + 0.02 * slow, sx=1.015 - 0.01 * slow)
        case "sway":
            return Pose(shear=0.035 * slow + 0.012 * quick)
        case "drive":
            return Pose(
                y=0.008 * abs(math.sin(TAU * (t * 3.1 + phase))), lean=0.008 * math.sin(TAU * t * 1.3)
            )
        case "roll":
            return Pose(lean=t * 2.4 + phase * TAU)
        case "flame":
            lick = math.sin(TAU * (t * 3.3 + phase)) + 0.5 * math.sin(TAU * (t * 5.7 + phase))
            return Pose(sy=1 + 0.06 * lick, sx=1 - 0.035 * lick, shear=0.05 * math.sin(TAU * t * 2.1))
        case "grow" | "melt" | "burst":
            return _changing(name, t, u)
        case "flap" | "flutter" | "hover" | "soar" | "drift" | "float" | "kite" | "fall" | "rise" | "launch":
            return _aloft(name, t, u, phase)
        case "streak":
            return Pose(x=2.2 * (u - 0.5), y=-1.3 * (u - 0.5))
        case "orbit":
            return Pose(y=0.02 * slow)
    return _wet(name, t, phase)


def _changing(name: str, t: float, u: float) -> Pose:
    """What becomes larger, lower or nothing in the course of a shot."""
    done = u * u * (3 - 2 * u)
    match name:
        case "grow":
            size = 0.35 + 0.65 * done
            return Pose(sx=size, sy=size, shear=0.02 * math.sin(TAU * t * 0.4))
        case "melt":
            return Pose(sx=1 + 0.45 * done, sy=1 - 0.62 * done, shear=0.02 * math.sin(TAU * t * 0.9))
    # Trembling, then out in all directions.
    out = max(0.0, u - 0.45) / 0.55
    size = 1 + 0.03 * math.sin(TAU * t * 11) * min(1.0, u * 3) + 0.9 * math.sqrt(out)
    return Pose(x=0.01 * math.sin(TAU * t * 13), sx=size, sy=size)


def _wet(name: str, t: float, phase: float) -> Pose:
    slow = math.sin(TAU * (t * 0.32 + phase))
    match name:
        case "swim":
            return Pose(
                x=0.10 * slow,
                y=0.14 * math.sin(TAU * (t * 0.24 + phase)),
                lean=-0.08 * math.cos(TAU * (t * 0.24 + phase)),
                cycle=(t * 1.4 + phase) % 1,
            )
        case "pulse":
            beat = math.sin(TAU * (t * 0.75 + phase))
            return Pose(
                y=0.12 * math.sin(TAU * (t * 0.75 + phase) - 1.0), sx=1 + 0.10 * beat, sy=1 - 0.09 * beat
            )
        case "leap":
            turn = (t * 0.42 + phase) % 1
            return Pose(y=1.25 * math.sin(math.pi * turn) - 0.50, lean=1.5 * (turn - 0.5))
        case "sail" | "bob" | "paddle":
            gentle = 0.4 if name == "paddle" else 1.0
            return Pose(y=0.022 * slow, lean=gentle * 0.055 * math.sin(TAU * (t * 0.36 + phase) + 1.1))
    return Pose(sy=1 + 0.012 * slow, lean=0.008 * math.sin(TAU * (t * 0.21 + phase)))


def _stride(cycles: float, *, bob: float, pitch: float) -> Pose:
    return Pose(
        y=bob * abs(math.sin(TAU * cycles)), lean=pitch * math.sin(2 * TAU * cycles + 0.6), cycle=cycles % 1
    )


def _rock(cycles: float, lean: float, bob: float) -> Pose:
    """From foot to foot, the body leaning over the one that stands."""
    side = math.sin(TAU * cycles)
    return Pose(x=0.25 * lean * side, y=bob * abs(math.cos(TAU * cycles)), lean=lean * side, cycle=cycles % 1)


def _gallop(cycles: float) -> Pose:
    turn = math.sin(TAU * cycles)
    return Pose(y=0.07 * max(0.0, turn) + 0.02, lean=0.085 * math.cos(TAU * cycles), cycle=cycles % 1)


def _hop(name: str, t: float, phase: float) -> Pose:
    rate, high = {"hop": (1.5, 0.28), "jump": (0.85, 0.42), "bounce": (1.1, 0.75)}[name]
    turn = (t * rate + phase) % 1
    height = 4 * turn * (1 - turn)
    squash = max(0.0, 1 - height * 5) * (0.16 if name != "hop" else 0.09)
    return Pose(
        y=high * height,
        sx=1 + squash * 0.8,
        sy=1 - squash + 0.05 * height * (1 - height),
        lean=0.10 * math.cos(math.pi * turn) * (-1 if name == "hop" else 0.3),
        cycle=turn,
    )


def _aloft(name: str, t: float, u: float, phase: float) -> Pose:
    slow = math.sin(TAU * (t * 0.30 + phase))
    other = math.cos(TAU * (t * 0.23 + phase * 1.7))
    match name:
        case "flap":
            beat = math.sin(TAU * (t * 2.6 + phase))
            return Pose(x=0.12 * other, y=0.16 * slow + 0.04 * beat, sy=1 + 0.15 * beat, lean=-0.06 * other)
        case "flutter":
            beat = abs(math.sin(TAU * (t * 3.1 + phase)))
            return Pose(
                x=0.55 * other + 0.1 * slow,
                y=0.40 * slow + 0.08 * math.sin(TAU * t * 1.9) + 0.05 * beat,
                sx=0.38 + 0.62 * beat,
                lean=0.20 * slow,
            )
        case "hover":
            return Pose(x=0.10 * other, y=0.10 * slow + 0.012 * math.sin(TAU * t * 7), lean=0.045 * slow)
        case "soar":
            return Pose(x=0.10 * other, y=0.10 * slow, lean=0.05 * other)
        case "drift":
            return Pose(x=0.25 * other, y=0.10 * slow, lean=0.10 * slow)
        case "float":
            return Pose(x=0.12 * other, y=0.16 * slow + 0.15 * u, lean=0.06 * slow)
        case "kite":
            return Pose(x=0.40 * other, y=0.25 * slow, lean=0.22 * math.sin(TAU * (t * 0.55 + phase)))
        case "fall":
            return Pose(x=0.30 * slow, y=0.55 - 1.1 * u, lean=0.35 * slow)
        case "rise":
            return Pose(x=0.05 * slow, y=-0.45 + 1.0 * u, lean=0.04 * slow)
    return Pose(x=0.006 * math.sin(TAU * t * 9), lean=0.006 * math.sin(TAU * t * 7))
