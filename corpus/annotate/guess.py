"""What an identifier of languages is asked and what it answers.

`corpus/annotate/language.py` cuts a sample from a text, `cld2_model.py` or `fasttext_model.py` gives a guess.
"""

from __future__ import annotations

from typing import NamedTuple

from corpus.annotate.tags import CYRILLIC, SOUTH_SLAVIC

# Below this many letters an identifier is right in half of the cases or fewer, see the benchmark's table by length.
SHORT = 20

HEAD, PIECE = 300, 150  # characters: identifiers gain nothing from more, and take time by length


class Guess(NamedTuple):
    """What an identifier says of one sample: languages with their share of the text, the likeliest first, and its
    confidence in the first. `weak` marks a guess that it would rather not have made."""

    languages: tuple[tuple[str, float], ...]
    confidence: float
    weak: bool


def sample(text: str) -> str:
    """The whole of a short text, else its first 300 characters and 150 from the middle and the end: an abstract in
    another language is noticed wherever it stands."""
    if len(text) <= HEAD + 2 * PIECE:
        return text
    middle = (len(text) - PIECE) // 2
    return "\n".join((text[:HEAD], text[middle : middle + PIECE], text[-PIECE:]))


def spelt(guess: Guess, text: str) -> Guess:
    """The guess, or the Slavic language in Cyrillic whose alphabet fits the text, where the guessed one does not.

    The guess stands unless another alphabet fits better. Of equal ones the nearer relative is taken: South Slavic for
    South Slavic, and Bulgarian and Russian first, as the most written.
    """
    first = guess.languages[0][0] if guess.languages else ""
    if first and first not in CYRILLIC:
        return guess
    letters = [letter for letter in text.lower() if "\u0400" <= letter <= "\u045f"]
    if len(letters) < SHORT:
        return guess
    foreign = {tag: sum(letter not in alphabet for letter in letters) for tag, alphabet in CYRILLIC.items()}
    best = min(foreign, key=lambda tag: (foreign[tag], tag != first, (tag in SOUTH_SLAVIC) != (first in SOUTH_SLAVIC)))
    if best == first:
        return guess
    return Guess(((best, 1.0), *guess.languages[1:]), 0.75, False)
