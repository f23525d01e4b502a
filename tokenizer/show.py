"""A text in the pieces of one or several tokenizers: what `tokenizer show` finds out, before it is drawn.

The text comes from the command line or standard input, pieces from `tokenizer/cut.py`; `tokenizer/show_command.py`
draws them. Of a long text the pieces are shown as far as `MOST`, and counted to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from corpus.errors import UserError
from tokenizer.cut import Piece, able, cut
from tokenizer.opened import Opened, open_tokenizer

QUICK_START = Path("materia-tokenizer") / "quick-start"
MOST = 2000  # pieces shown
LONGEST = 1 << 24  # bytes of a text
SLICE = 4 * MOST  # characters that are cut into pieces to show the first MOST: few tokens hold more than four


class Shown(NamedTuple):
    """A text by one tokenizer. `tokens`: how many in all. `pieces`: the first of them. `back`: whether decoding gives
    the text back exactly."""

    name: str
    size: int
    tokens: int
    pieces: list[Piece]
    back: bool


class Cleaned(NamedTuple):
    """A text without lone surrogates, and how many there were: they are no characters, and no tokenizer takes them."""

    text: str
    surrogates: int


def clean(text: str) -> Cleaned:
    """Put U+FFFD in the place of every lone surrogate: what a shell makes of bytes that are no text."""
    found = sum("\ud800" <= character <= "\udfff" for character in text) if not text.isascii() else 0
    if not found:
        return Cleaned(text, 0)
    return Cleaned("".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text), found)


def default_tokenizer(here: Path) -> str:
    """The tokenizer of the quick start. Raises `UserError` when there is none yet."""
    folder = here / QUICK_START
    if not folder.is_dir():
        raise UserError("No tokenizer was named, and the one of the quick start is not there.", str(folder),
                        "run `tokenizer fit` first, or give --tokenizer NAME_OR_DIR")  # fmt: skip
    return str(QUICK_START)


def show(text: str, names: Sequence[str], most: int = MOST) -> list[Shown]:
    """The text by each tokenizer. Raises `UserError` for a tokenizer that cannot be used."""
    return [_shown(open_tokenizer(name), text, most) for name in names]


def _shown(opened: Opened, text: str, most: int) -> Shown:
    with able(opened):
        ids = opened.encode([text])[0]
    # A slice is cut as the whole text is, but for its last word: the beginning is taken that the two have in common.
    pieces = cut(opened, text if len(ids) <= most else text[:SLICE])[:most]
    same = next(
        (at for at, (piece, number) in enumerate(zip(pieces, ids, strict=False)) if piece.id != number), len(pieces)
    )
    return Shown(opened.name, opened.size, len(ids), pieces[:same], opened.decode(ids) == text)
