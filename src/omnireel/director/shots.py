"""Splits a prompt into shots: by markers, times, transitions and prose; failing all, by how much is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from omnireel.director.reading import read
from omnireel.director.vocabulary import Topic
from omnireel.models import CameraMove, Framing, Transition

SHORTEST_SHOT = 0.5
"""Seconds."""

_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,2})?"
_SECONDS = r" ?(?:seconds|secs|sec|s|秒)"
_LENGTH = rf"[\[((](?:(?P<from>{_NUMBER})(?:{_SECONDS})? ?[-–~至到] ?)?(?P<until>{_NUMBER}){_SECONDS}[\]))]"
_SHOT_WORDS = (
    "shot|scene|cut|plan|plano|toma|szene|escena|cena|scène|adegan|einstellung|сцена|кадр|مشهد|لقطة|दृश्य|शॉट"
)
_ORDINALS = "first|second|third|fourth|fifth|sixth|final|last|opening|closing|next"
_MARKER = re.compile(
    rf"(?:(?<![A-Za-z0-9_])[\[【(]?(?:{_SHOT_WORDS}) ?#?[0-9]{{1,2}}(?![0-9A-Za-z])"
    rf"|[\[【(]?(?:镜头|分镜|场景|ショット|シーン|カット|장면|샷|컷) ?[0-9一二三四五六七八九十]{{1,2}}"
    rf"|第[0-9一二三四五六七八九十]{{1,2}}(?:个镜头|个场景|镜头|场景|镜|幕)"
    rf"|(?<![A-Za-z])(?:in )?(?:the )?(?:{_ORDINALS}) (?:shot|scene)(?![A-Za-z]))"
    rf"(?: ?{_LENGTH})?[\]】)]? ?[::.,,\-–—]? ?",
    re.IGNORECASE,
)
_TIMES = re.compile(
    rf"(?<![0-9A-Za-z.:])[\[((]?(?:00?:)?(?P<from>{_NUMBER})(?:{_SECONDS})? ?(?:-|–|—|~|to|到|至) ?"
    rf"(?:(?P<until>{_NUMBER}){_SECONDS}|00?:(?P<clock>{_NUMBER}))[\]))]? ?[::]? ?",
    re.IGNORECASE,
)
_DISSOLVES = (
    r"cross-?fades? (?:in)?to|dissolves? (?:in)?to|fades? (?:in)?to|叠化到|叠化至|渐变到|淡入到|溶解到"
)
_CUTS = (
    r"(?:smash |hard |jump |quick )?cuts? to|the scene changes to|the shot changes to|切到|切换到|"
    r"镜头切换到|切至|转场到|镜头转到|画面转到|画面切到|"
    r"カットして|corte a|coupe sur|schnitt auf|corta para|склейка|장면 전환"
)
_TRANSITION = re.compile(
    rf"(?:(?:and )?then )?(?<![A-Za-z])(?:(?P<dissolve>{_DISSOLVES})|(?:{_CUTS}))(?![A-Za-z]) ?:? ?",
    re.IGNORECASE,
)
_AND_THEN = re.compile(
    r"(?<![A-Za-z])(?:and then|then|after that|afterwards|next,|finally)(?![A-Za-z]),? ?"
    r"|紧接着|接着|然后|随后|最后(?!一)"
    r"|その後|それから|次に|最後に|そして|그다음|그 다음|그 후|그리고 나서|이어서|마지막으로"
    r"|ثم|بعد ذلك|وأخيرا|उसके बाद|फिर|अंत में"
    r"|(?<!\w)(?:y luego|luego|después|entonces|finalmente|et puis|puis|ensuite|enfin|und dann|dann|danach"
    r"|schließlich|e depois|depois|em seguida|por fim|а затем|затем|потом|после этого|наконец"
    r"|lalu|kemudian|setelah itu|akhirnya)(?!\w),? ?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])(?= )|(?<=[。!?;;।؟])")
_EDGES = " .;,。,;::、\n-–—"


@dataclass(frozen=True)
class Part:
    """A shot as far as its place in the prompt tells. `seconds` is None when the prompt gives no length."""

    text: str
    seconds: float | None = None
    transition: Transition = Transition.CUT
    framing: Framing | None = None
    camera: CameraMove | None = None


@dataclass(frozen=True)
class Split:
    """A prompt cut into parts; `preamble` is what it says before them, about all of them."""

    parts: tuple[Part, ...]
    preamble: str = ""


_COVERAGE = (
    (Framing.WIDE, CameraMove.PUSH_IN, 1.2),
    (Framing.MEDIUM, CameraMove.ORBIT, 1.0),
    (Framing.CLOSE, CameraMove.PUSH_IN, 0.8),
    (Framing.WIDE, CameraMove.PULL_OUT, 1.0),
)
"""Show where we are, then who, then what matters; with time to spare, come back out."""


def names_shots(prompt: str) -> bool:
    """Whether a prompt itself says that it holds several shots."""
    text = _one_line(prompt)
    return len(_explicit(text).parts) > 1


def split_shots(prompt: str, seconds: float, *, prose: bool = True) -> Split:
    """Cut a prompt into shots whose lengths add up to `seconds`. There are always at least two.

    Without `prose` only what the prompt itself marks as shots counts, not its sentences.
    """
    text = _one_line(prompt)
    most = int(seconds / SHORTEST_SHOT)
    split = _explicit(text)
    if prose and len(split.parts) < 2:
        split = Split(tuple(_grouped(_prose(text), _natural_count(seconds))))
    if len(split.parts) < 2:
        split = Split(_coverage(text, seconds))
    return Split(_timed(split.parts[:most], seconds), split.preamble)


def _one_line(prompt: str) -> str:
    """Single spaces only: then no pattern here can backtrack over runs of them."""
    return " ".join(prompt.split())


def _natural_count(seconds: float) -> int:
    """Three shots in five seconds, five in ten."""
    return max(2, -(-int(seconds) // 2))


def _explicit(text: str) -> Split:
    for split in (_by_markers(text), _by_times(text), _by_transitions(text)):
        if len(split.parts) > 1:
            return split
    return Split((Part(text),))


def _by_markers(text: str) -> Split:
    return _by_headings(text, list(_MARKER.finditer(text)))


def _by_times(text: str) -> Split:
    return _by_headings(text, list(_TIMES.finditer(text)))


def _by_headings(text: str, found: Sequence[re.Match[str]]) -> Split:
    if len(found) < 2:
        return Split((Part(text),))
    ends = [*(match.start() for match in found[1:]), len(text)]
    parts = [
        Part(text[match.end() : end].strip(_EDGES), _length(match), _transition_in(text[match.end() : end]))
        for match, end in zip(found, ends, strict=True)
    ]
    kept = tuple(part for part in parts if part.text)
    return Split(kept, text[: found[0].start()].strip(_EDGES))


def _length(match: re.Match[str]) -> float | None:
    groups = match.groupdict()
    until = groups.get("until") or groups.get("clock")
    length = float(until) - float(groups["from"] or 0) if until else 0.0
    return length if length > 0 else None


def _transition_in(text: str) -> Transition:
    """A heading's text may open with how it begins: "Shot 2: dissolve to the sea"."""
    match = _TRANSITION.match(text)
    return Transition.DISSOLVE if match and match["dissolve"] else Transition.CUT


def _by_transitions(text: str) -> Split:
    found = list(_TRANSITION.finditer(text))
    edges = [
        (0, 0, Transition.CUT),
        *((m.start(), m.end(), _kind(m)) for m in found),
        (len(text), 0, Transition.CUT),
    ]
    parts = [
        Part(text[begin:end].strip(_EDGES), transition=kind)
        for (_, begin, kind), (end, _, _) in pairwise(edges)
    ]
    return Split(tuple(part for part in parts if part.text) or (Part(text),))


def _kind(match: re.Match[str]) -> Transition:
    return Transition.DISSOLVE if match["dissolve"] else Transition.CUT


def _prose(text: str) -> list[str]:
    """Pieces that each show something, parted where the story says "then", or else at sentence ends."""
    by_words = _showing(_AND_THEN.split(text), text)
    return by_words if len(by_words) > 1 else _showing(_SENTENCE_END.split(text), text)


def _showing(pieces: Sequence[str], whole: str) -> list[str]:
    """Join pieces without a subject or action ("Cinematic light.") to the one before."""
    joined: list[str] = []
    for piece in (stripped for piece in pieces if (stripped := piece.strip(_EDGES))):
        reading = read(piece, whole)
        shows = reading.has(Topic.NOUN) or reading.has(Topic.ACTION)
        if shows or not joined:
            joined.append(piece)
        else:
            joined[-1] = f"{joined[-1]}. {piece}"
    return joined


def _grouped(pieces: Sequence[str], most: int) -> Iterator[Part]:
    """Neighbours joined evenly until no more than `most` are left."""
    count = min(len(pieces), most)
    edges = [round(len(pieces) * place / count) for place in range(count + 1)] if count else []
    return (Part(". ".join(pieces[start:end])) for start, end in pairwise(edges))


def _coverage(text: str, seconds: float) -> tuple[Part, ...]:
    count = min(len(_COVERAGE), _natural_count(seconds))
    whole = sum(weight for _, _, weight in _COVERAGE[:count])
    return tuple(
        Part(text, seconds * weight / whole, framing=framing, camera=camera)
        for framing, camera, weight in _COVERAGE[:count]
    )


def _timed(parts: Sequence[Part], seconds: float) -> tuple[Part, ...]:
    """Give every part its length: unstated ones share what is left, and none is under SHORTEST_SHOT."""
    unstated = [part for part in parts if part.seconds is None]
    left = seconds - sum(part.seconds or 0.0 for part in parts)
    share = max(seconds / len(parts) / 2, left / len(unstated)) if unstated else 0.0
    extra = [max(0.0, (part.seconds or share) - SHORTEST_SHOT) for part in parts]
    spare = seconds - SHORTEST_SHOT * len(parts)
    scale = spare / sum(extra) if sum(extra) else 0.0
    flat = 0.0 if sum(extra) else spare / len(parts)
    return tuple(
        Part(part.text, SHORTEST_SHOT + more * scale + flat, part.transition, part.framing, part.camera)
        for part, more in zip(parts, extra, strict=True)
    )
