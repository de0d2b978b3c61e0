"""Build the studio engine's art pack from an unpacked copy of the Fluent 3D emoji package.

    python tools/build_art.py PACKAGE_FOLDER [--into src/omnireel/engines/studio/assets/art]

`art_subjects.csv` says which pictures are taken, the words that mean them, how they move, how tall they
are and which way they look. Most pictures go in untouched; a few are mended first (`make` column). People
also come as man and woman and in three skin tones, wherever the package has them.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from art_mending import mend
from PIL import Image

HERE = Path(__file__).resolve().parent
SUBJECTS = HERE / "art_subjects.csv"
TONES = {"": "", "light": "1f3fb", "medium": "1f3fd", "dark": "1f3ff"}
TARGET = HERE.parent / "src/omnireel/engines/studio/assets/art"
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Entry:
    """One row of the table."""

    names: tuple[str, ...]
    near: tuple[str, ...]
    """Words that only come close: the engine says so when it uses them."""
    code: str
    kind: str
    motion: str
    metres: float
    facing: str
    make: str

    @property
    def file(self) -> str:
        return self.names[0].replace(" ", "-").replace("@", "-") + ".webp"


def read_table(path: Path) -> list[Entry]:
    with path.open(encoding="utf-8") as lines:
        return [_entry(row) for row in csv.DictReader(lines)]


def _entry(row: dict[str, str]) -> Entry:
    words = row["names"].split("|")
    return Entry(
        names=tuple(word for word in words if not word.startswith("~")),
        near=tuple(word[1:] for word in words if word.startswith("~")),
        code=row["code"],
        kind=row["kind"],
        motion=row["motion"],
        metres=float(row["metres"]),
        facing=row["facing"],
        make=row["make"],
    )


def find_picture(package: Path, code: str) -> Path:
    """The package writes some names with a variation selector and some without."""
    spellings = (code, f"{code}-fe0f", code.removesuffix("-fe0f"), code.replace("-200d", "-fe0f-200d", 1))
    for spelling in spellings:
        path = package / "assets" / f"{spelling}.webp"
        if path.is_file():
            return path
    raise FileNotFoundError(f"no picture for {code} under {package}")


def variants(package: Path, entry: Entry) -> dict[str, str]:
    """The pictures of a person by gender and tone, `man@dark`, to their codes; only those there are."""
    if entry.kind != "person":
        return {}
    genders = {"": entry.code} if "@" in entry.names[0] else {"": entry.code, **_gendered(entry.code)}
    spelled = {
        "@".join(filter(None, (gender, tone))): _toned(code, mark)
        for gender, code in genders.items()
        for tone, mark in TONES.items()
    }
    return {name: code for name, code in spelled.items() if name and _is_there(package, code)}


def _gendered(code: str) -> dict[str, str]:
    if "200d-2640" in code or "200d-2642" in code:
        return {}
    if code.startswith("1f9d1-200d-"):
        return {"man": f"1f468{code[5:]}", "woman": f"1f469{code[5:]}"}
    return {"man": f"{code}-200d-2642-fe0f", "woman": f"{code}-200d-2640-fe0f"}


def _toned(code: str, mark: str) -> str:
    first, _, rest = code.replace("-fe0f", "", 1 if code.endswith("-fe0f") and mark else 0).partition("-")
    return "-".join(filter(None, (first, mark, rest)))


def _is_there(package: Path, code: str) -> bool:
    try:
        return find_picture(package, code).is_file()
    except FileNotFoundError:
        return False


def encode(entry: Entry, package: Path, code: str, tone: str = "") -> bytes:
    path = find_picture(package, code)
    if not entry.make:
        return path.read_bytes()
    out = io.BytesIO()
    mend(Image.open(path).convert("RGBA"), entry.make, tone).save(
        out, "WEBP", quality=84, alpha_quality=95, method=6
    )
    return out.getvalue()


def index(package: Path, entries: list[Entry]) -> dict[str, dict[str, object]]:
    """The pack's table of contents: pictures by name, and words to names (`near`: only roughly)."""
    art: dict[str, object] = {entry.names[0]: _facts(entry) for entry in entries}
    words: dict[str, object] = {word: entry.names[0] for entry in entries for word in entry.names[1:]}
    near: dict[str, object] = {word: entry.names[0] for entry in entries for word in entry.near}
    dressed = {entry.names[0]: list(variants(package, entry)) for entry in entries}
    return {
        "art": art,
        "words": dict(sorted(words.items())),
        "near": dict(sorted(near.items())),
        "variants": {name: found for name, found in dressed.items() if found},
    }


def _facts(entry: Entry) -> dict[str, object]:
    return {
        "file": entry.file,
        "kind": entry.kind,
        "motion": entry.motion,
        "metres": entry.metres,
        "facing": entry.facing,
        "emoji": "".join(chr(int(code, 16)) for code in entry.code.split("-")),
    }


def build(package: Path, target: Path) -> None:
    entries = read_table(SUBJECTS)
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target / "fluent.zip", "w", zipfile.ZIP_STORED) as pack:
        for entry in entries:
            pack.writestr(zipfile.ZipInfo(entry.file, EPOCH), encode(entry, package, entry.code))
            for name, code in variants(package, entry).items():
                picture = encode(
                    entry, package, code, name.rpartition("@")[2] if "@" in name or name in TONES else ""
                )
                pack.writestr(zipfile.ZipInfo(variant_file(entry, name), EPOCH), picture)
    (target / "index.json").write_text(_spelled(index(package, entries)), encoding="utf-8")
    (target / "PROVENANCE.md").write_text(provenance(package, entries), encoding="utf-8")


def variant_file(entry: Entry, name: str) -> str:
    return f"{entry.file.removesuffix('.webp')}-{name.replace('@', '-')}.webp"


def _spelled(table: dict[str, dict[str, object]]) -> str:
    """JSON with one line an entry, so that a change of one is a change of one line."""
    parts = []
    for heading, facts in table.items():
        lines = (
            f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in facts.items()
        )
        parts.append(f'"{heading}": {{\n' + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"


def _variant_files(package: Path, entry: Entry) -> list[tuple[str, str]]:
    return [(variant_file(entry, name), code) for name, code in variants(package, entry).items()]


def provenance(package: Path, entries: list[Entry]) -> str:
    facts = json.loads((package / "package.json").read_text(encoding="utf-8"))
    rows = "\n".join(
        f"| {file} | {find_picture(package, code).name} | {entry.make or 'as is'} |"
        for entry in entries
        for file, code in [(entry.file, entry.code), *_variant_files(package, entry)]
    )
    return (
        "# Where the pictures in fluent.zip come from\n\n"
        f"Package `{facts['name']}` version {facts['version']} on npm, folder `assets/`, "
        f"licence {facts['license']}: Microsoft's Fluent Emoji (3D), repackaged by LobeHub. "
        "Notices: `LICENSE-Microsoft.txt` for the art and "
        "`LICENSE-LobeHub.txt` for the packaging. Pictures marked other than "
        "`as is` were mended by "
        "`tools/build_art.py`, which made this whole folder apart from the notices.\n\n"
        f"| here | in the package | how |\n|---|---|---|\n{rows}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the studio engine's art pack.")
    parser.add_argument("package", type=Path, help="an unpacked @lobehub/fluent-emoji-3d package folder")
    parser.add_argument("--into", type=Path, default=TARGET)
    options = parser.parse_args()
    build(options.package, options.into)


if __name__ == "__main__":
    main()
