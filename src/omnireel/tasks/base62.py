"""Numbers and chance in digits and letters, for names that people copy."""

from __future__ import annotations

import secrets
from string import ascii_letters, digits
from typing import Final

ALPHABET: Final = digits + ascii_letters


def draw(length: int) -> str:
    """That many random characters, 5.95 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def encode(number: int, width: int) -> str:
    """A number in base 62, padded with `0` to `width`."""
    written = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        written = ALPHABET[digit] + written
    return written.rjust(width, ALPHABET[0])
