"""English word forms by rule, for building the lexicon; irregular forms are written in its files."""

from __future__ import annotations

_VOWELS = "aeiou"


def plural(noun: str) -> str:
    """The regular plural of the last word."""
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"


def verb_forms(phrase: str, past: str = "", participle: str = "") -> tuple[str, ...]:
    """The forms of a verb phrase, its first word inflected: base, -s, -ing, past, participle.

    An irregular `past` or `participle` is given whole, with whatever follows the verb.
    """
    verb, _, rest = phrase.partition(" ")
    tail = f" {rest}" if rest else ""
    regular = f"{_past(verb)}{tail}"
    return (phrase, f"{plural(verb)}{tail}", f"{_ing(verb)}{tail}", past or regular, participle or regular)


def _past(verb: str) -> str:
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        return f"{verb[:-1]}ied"
    return f"{_doubled(verb)}ed"


def _ing(verb: str) -> str:
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")):
        return f"{verb[:-1]}ing"
    return f"{_doubled(verb)}ing"


def _doubled(verb: str) -> str:
    """A short verb ending consonant, vowel, consonant doubles its last letter: run, running."""
    ending = verb[-3:]
    is_short = len(verb) <= 4 and sum(char in _VOWELS for char in verb) == 1
    fits = len(ending) == 3 and ending[0] not in _VOWELS and ending[1] in _VOWELS
    return verb + verb[-1] if is_short and fits and ending[2] not in f"{_VOWELS}wxy" else verb
