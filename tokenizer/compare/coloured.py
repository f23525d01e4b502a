"""Example sentences in coloured pieces, tokenizer under tokenizer: the part of the report that shows what is counted.

From the examples of `tokenizer/compare/examples.py`; used by `tokenizer/compare/page.py`. A piece that ends inside a
character shows its bytes; the pieces of one character stand together in a box, the character before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from corpus.report.html import Child, Html, join, tag
from corpus.report.wording import LANGUAGE_TAG, cut_middle, plural
from tokenizer.compare.examples import Example
from tokenizer.compare.result import Compares
from tokenizer.cut import Piece, segments

COLOURS = 4


def example(one: Example, tokenizers: Sequence[Compares], language: str) -> Html:
    """A sentence, and a row of pieces for each tokenizer."""
    tongue = language if LANGUAGE_TAG.fullmatch(language) else None
    head = tag(
        "p", tag("b", one.why, class_="badge"), " ", tag("small", tag("code", cut_middle(one.id, 80))), class_="why"
    )
    rows = [
        tag("div", who(tokenizers, place, tag("b", plural(len(pieces), "token"))), _pieces(one.text, pieces, tongue),
            class_="row")
        for place, pieces in enumerate(one.pieces)
    ]  # fmt: skip
    return tag("article", head, rows, class_="example")


def who(tokenizers: Sequence[Compares], place: int, *more: Child) -> Html:
    """The name of a tokenizer with the dot of its colour."""
    return tag("p", dot(place), tokenizers[place].label, " " if more else None, more, class_="who")


def dot(place: int) -> Html:
    """A dot in the colour of a tokenizer."""
    return tag("span", class_=f"dot k{place % 6}", aria_hidden="true")


def _pieces(text: str, pieces: Sequence[Piece], tongue: str | None) -> Html:
    shown: list[Child] = []
    at = number = 0
    for _, group in groupby(pieces, key=_character):
        together = list(group)
        start = together[0].start
        if start > at:  # what no piece stands for: spaces that a normaliser took, above all
            shown.append(text[at:start])
        at = max(at, max(piece.end for piece in together))
        drawn = [_piece(piece, number + place, text) for place, piece in enumerate(together)]
        number += len(together)
        shown.append(_split(text, together, drawn) if len(together) > 1 else drawn)
    return tag("p", tag("span", shown), class_="pieces", lang=tongue, dir="auto")


def _character(piece: Piece) -> tuple[int, int, int]:
    """Pieces of one character have one span, which is theirs alone; any other piece is a group of its own."""
    return (
        (piece.start, piece.end, -1)
        if piece.raw is not None and piece.text is None
        else (piece.start, piece.end, id(piece))
    )


def _split(text: str, pieces: Sequence[Piece], drawn: Sequence[Html]) -> Html:
    return tag("span", tag("small", text[pieces[0].start : pieces[0].end]), drawn, class_="split")


def _piece(piece: Piece, number: int, text: str) -> Html:
    kind = f"piece p{number % COLOURS}"
    if piece.raw is None:
        stands = text[piece.start : piece.end]
        return tag("span", piece.name, class_=f"{kind} none-of", title=f"id {piece.id}, in the place of {stands!r}")
    inside = [
        tag("code", one.hex(" ").upper()) if isinstance(one, bytes) else one.replace("\n", "⏎\n")
        for one in segments(piece.raw)
    ]
    return tag("span", join(inside), class_=kind, title=f"id {piece.id}: {piece.raw.hex(' ').upper()}")
