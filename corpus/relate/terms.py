"""A list of terms (drug names), and whether one of them was replaced by another where two texts differ.

Files come from the recipe (`relate.terms`), one term a line; the answer goes to `corpus/relate/difference.py`. Terms
are folded like the texts they are looked for in.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from corpus.errors import UserError
from corpus.store import sha256_file
from corpus.text.fold import EAST_ASIAN, fold

SHORTEST = 2  # characters; one alone is no name
LARGEST = 64 << 20  # bytes of a list


class Terms:
    """A set of folded terms, looked up by every stretch of text around a place."""

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = frozenset(term for term in terms if len(term) >= SHORTEST)
        self._longest = max(map(len, self._terms), default=0)

    def substituted(
        self, one: str, span: tuple[int, int], other: str, other_span: tuple[int, int]
    ) -> tuple[str, str] | None:
        """The terms that stand at the two places, where both are known and they differ."""
        left, right = self._at(one, span), self._at(other, other_span)
        first, second = left - right, right - left
        if not first or not second:
            return None
        return max(first, key=lambda t: (len(t), t)), max(second, key=lambda t: (len(t), t))

    def _at(self, text: str, span: tuple[int, int]) -> set[str]:
        """The terms that touch the span: the longest at each start that is part of no longer one."""
        start, end = span
        found: list[tuple[int, int]] = []
        for first in range(max(0, start - self._longest + 1), end):
            if not _begins(text, first):
                continue
            for last in range(min(len(text), first + self._longest), max(first + SHORTEST, start + 1) - 1, -1):
                if text[first:last] in self._terms and _ends(text, last):
                    found.append((first, last))
                    break
        whole, beyond = set(), -1
        for first, last in found:  # in order of start: one that ends before an earlier one lies inside it
            if last > beyond:
                whole.add(text[first:last])
                beyond = last
        return whole


def _begins(text: str, at: int) -> bool:
    """Whether a word may begin here: not in the middle of a word of letters."""
    return at == 0 or _is_boundary(text[at - 1], text[at])


def _ends(text: str, at: int) -> bool:
    return at == len(text) or _is_boundary(text[at - 1], text[at])


def _is_boundary(one: str, other: str) -> bool:
    joined = one.isalnum() and other.isalnum()
    return not joined or ord(one) >= EAST_ASIAN or ord(other) >= EAST_ASIAN


def load(paths: Sequence[Path]) -> Terms | None:
    """The terms of all files, None without files. Raises `UserError` for a file that is missing, too large or no
    UTF-8 text."""
    if not paths:
        return None
    terms: list[str] = []
    for path in paths:
        try:
            if path.stat().st_size > LARGEST:
                raise UserError(f"The term list is larger than {LARGEST >> 20} MiB.", str(path), "give a list of names")
            terms += [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
        except OSError as error:
            raise UserError(f"A term list cannot be read: {error.strerror}.", str(path),
                            "correct relate.terms in the recipe") from None  # fmt: skip
        except UnicodeDecodeError:
            raise UserError("A term list is not UTF-8 text.", str(path), "save it as UTF-8, one term a line") from None
    view = fold(terms)
    raw = view.codes.astype("<u4").tobytes().decode("utf-32-le")
    return Terms([raw[start:end] for start, end in zip(view.starts.tolist(), view.ends.tolist(), strict=True)])


def files(named: str | Sequence[str], base: Path) -> list[Path]:
    """The files that a recipe in the folder `base` names; `$VARIABLES` and `~` are expanded. Raises `UserError` for one
    that is not there."""
    paths = []
    for name in [named] if isinstance(named, str) else named:
        if name:
            path = base / Path(os.path.expandvars(name)).expanduser()
            if not path.is_file():
                raise UserError("A term list is not there.", str(path), "correct relate.terms in the recipe")
            paths.append(path)
    return paths


def hashes(paths: Sequence[Path]) -> list[str]:
    """The SHA-256 of each file, for the identity of what was compared with them."""
    return [sha256_file(path) for path in paths]
