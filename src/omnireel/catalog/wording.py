"""How a value looks inside an error message: short, and never anything long or secret."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_QUOTE = 40
"""Characters of an offending value that a message may repeat."""


def shown(value: object) -> str:
    """`, got 7` for a short plain value, nothing for the rest."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    text = _quoted(value)
    return f", got {text}" if len(text) <= LONGEST_QUOTE else ""


def kind_of(value: object) -> str:
    """The JSON type of a value, for a sentence: `a string`, `an array`."""
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "an array"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "an object")


def listed(values: Sequence[object]) -> str:
    """`5 or 10`, `'16:9', '9:16' or '1:1'`."""
    words = [_quoted(value) for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _quoted(value: object) -> str:
    # Digits beyond the interpreter's limit cannot be printed, and nobody would want to read them.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**LONGEST_QUOTE:
        return "a number of more than forty digits"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if text.isprintable() else ascii(value)
