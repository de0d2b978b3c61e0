"""Files of a model's repository: which of them we take, what each should be, and whether it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from omnireel.engines.diffusers.profile import Weights

RECORD: Final = "omnireel.json"
"""What a folder should hold, written beside it."""
INDICES: Final = frozenset({"model_index.json", "modular_model_index.json"})
"""Of what parts a model consists. Put there last, so that a folder which has one has everything."""
TAKEN: Final = frozenset({".safetensors", ".json", ".txt", ".model"})
"""Weights, settings and tokenizers. Neither pickles nor code, which would be run by whoever loads them."""
LISTED_SHARDS: Final = ".safetensors.index.json"
CHUNK: Final = 4 * 2**20
GIB: Final = 2**30
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+=-]*)*")
VARIANT: Final = re.compile(r"\.(?:fp16|bf16|fp32|fp8|int8|ema|non_ema)(?=[.-])")
"""The same weights once more, in another width."""


class HubFile(BaseModel):
    """A file as the hub states it."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Its path in the repository."""
    size: int
    """Bytes."""
    sha256: str | None = None
    """Of its bytes, hexadecimal; of large files only."""
    blob: str | None = None
    """Git's name of its content, hexadecimal: SHA-1 over a header and the bytes. Of small files."""

    @property
    def digest(self) -> str:
        """What tells one content from another."""
        return self.sha256 or self.blob or "unknown"


class Record(BaseModel):
    """One state of a repository, and the files of it that we take."""

    model_config = ConfigDict(frozen=True)

    repo: str
    commit: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(file.size for file in self.files)


def taken(files: Iterable[HubFile]) -> tuple[HubFile, ...]:
    """Those that diffusers reads. Weights at the top are the same ones in their makers' own layout."""
    plain = [file for file in files if PLAIN_NAME.fullmatch(file.name) and ".." not in file.name]
    useful = [file for file in plain if PurePosixPath(file.name).suffix in TAKEN and not _at_the_top(file)]
    wide = {_folder(file) for file in useful if _weighty(file) and not VARIANT.search(file.name)}
    return tuple(file for file in useful if not (VARIANT.search(file.name) and _folder(file) in wide))


def _at_the_top(file: HubFile) -> bool:
    return "/" not in file.name and _weighty(file)


def _weighty(file: HubFile) -> bool:
    return file.name.endswith((".safetensors", LISTED_SHARDS))


def _folder(file: HubFile) -> PurePosixPath:
    return PurePosixPath(file.name).parent


def part_of(folder: Path, file: HubFile) -> Path:
    """Where a file grows. It gets its name when it is whole and its hash is right."""
    return folder / f"{file.name}.{file.digest[:12]}.part"


def recorded(folder: Path) -> Record | None:
    """What a folder should hold; None where nobody has written it down."""
    try:
        return Record.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError):
        return None


def missing_bytes(weights: Weights, folder: Path) -> int:
    """How much of a repository is not here yet; 0 when all of it is. Sizes only: hashes take minutes."""
    record = recorded(folder)
    if record is not None:
        return sum(_missing(folder, file) for file in record.files)
    # Somebody may have put it there by other means.
    there = any((folder / name).is_file() for name in INDICES)
    return 0 if there else round(weights.download_gib * GIB)


def still_to_come(folder: Path, file: HubFile) -> int:
    """Bytes of a file that have not arrived in its part. A part that is too long counts for nothing."""
    arrived = size_of(part_of(folder, file)) or 0
    return file.size - arrived if arrived <= file.size else file.size


def _missing(folder: Path, file: HubFile) -> int:
    return 0 if size_of(folder / file.name) == file.size else max(1, still_to_come(folder, file))


def size_of(path: Path) -> int | None:
    """Bytes; None where there is no such file."""
    return path.stat().st_size if path.is_file() else None


def fault(path: Path, file: HubFile, read: Callable[[int], None]) -> str | None:
    """What is wrong with the file at a path, in a sentence; `read` is told of every so many bytes read."""
    size = size_of(path)
    if size is None:
        return f"{file.name} is missing"
    if size != file.size:
        return f"{file.name} has {size} bytes instead of {file.size}"
    if file.sha256 is None and file.blob is None:
        return None
    found = _hash(path, file, read)
    if found == file.digest:
        return None
    kind = "SHA-256" if file.sha256 else "git blob id"
    return f"{file.name} has the {kind} {found} instead of {file.digest}"


def _hash(path: Path, file: HubFile, read: Callable[[int], None]) -> str:
    # Git's names are SHA-1; that is what the hub tells of small files.
    digest = (
        hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    )
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            read(len(chunk))
    return digest.hexdigest()
