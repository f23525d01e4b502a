"""New pieces of a WordPiece: greedy longest match has no merges, so that what a piece changes is told by matching.

Candidates are learned as for BPE (`tokenizer/extend/price.py`), their names with `##` inside a word. A candidate takes
effect wherever the base began a piece and the text goes on as the candidate does, also where it ends inside a piece of
the base; so general words are matched anew, candidates that change too much go, and those that nothing uses go too.
Called by `tokenizer/extend/choose.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from tokenizer.extend.family import Family
from tokenizer.extend.guard import Ordinary
from tokenizer.extend.learn import Piece
from tokenizer.extend.rates import Numbers
from tokenizer.extend.sequences import BREAK, Sequences

Word = tuple[int, ...]


def fitting(
    family: Family, pieces: Sequence[Piece], domain: Sequences, ordinary: Ordinary, aim: Numbers, room: int
) -> list[Piece]:
    """The candidates that are used in the domain and leave general lines as they are, numbered anew."""
    by_name = {piece.name: piece for piece in pieces}
    kept = _leaving(family, by_name, ordinary, aim)
    used = _used(family, kept, domain)
    best = sorted((name for name in kept if used[name]), key=lambda name: (-used[name], name))[:room]
    return [by_name[name]._replace(number=family.size + place, pairs=(), saved=used[name])
            for place, name in enumerate(best)]  # fmt: skip


def _leaving(family: Family, pieces: dict[str, Piece], ordinary: Ordinary, aim: Numbers) -> set[str]:
    """Names of candidates that together change at most the aim, those first that save most for a line."""
    lines: dict[str, set[int]] = {}
    longest = max(map(len, pieces), default=0)
    for word, numbers in _words_and_lines(ordinary.text).items():
        for name in _matches(family, word, pieces.keys(), longest):
            lines.setdefault(name, set()).update(numbers)
    sizes = np.maximum(np.bincount(ordinary.group, minlength=len(ordinary.names)), 1)
    changed = np.zeros(len(ordinary.group), bool)
    kept = set()
    order = sorted(pieces.values(), key=lambda piece: -piece.saved / (len(lines.get(piece.name, ())) + 0.5))
    for piece in order:
        after = changed.copy()
        after[list(lines.get(piece.name, ()))] = True
        if (np.bincount(ordinary.group[after], minlength=len(sizes)) <= aim * sizes).all():
            changed = after
            kept.add(piece.name)
    return kept


def _matches(family: Family, word: Word, names: Collection[str], longest: int) -> Iterator[str]:
    """The candidates that are longer than the base's piece where that begins."""
    texts = [family.name(one).removeprefix(family.prefix) for one in word]
    whole = "".join(texts)
    start = 0
    for place, text in enumerate(texts):
        prefix = family.prefix if place else ""
        for end in range(start + len(text) + 1, min(len(whole), start + longest) + 1):
            if (name := prefix + whole[start:end]) in names:
                yield name
        start += len(text)


def _used(family: Family, names: set[str], domain: Sequences) -> Counter[str]:
    """How often greedy longest match takes each candidate."""
    used: Counter[str] = Counter()
    for word, count in _counted(domain).items():
        whole = "".join(family.name(one).removeprefix(family.prefix) for one in word)
        start = 0
        while start < len(whole):
            prefix = family.prefix if start else ""
            for end in range(len(whole), start, -1):
                name = prefix + whole[start:end]
                if name in names:
                    used[name] += count
                    break
                if family.number(name) is not None:
                    break
            start = end
    return used


def _counted(text: Sequences) -> Counter[Word]:
    return Counter(word for word, _ in _words(text))


def _words_and_lines(text: Sequences) -> dict[Word, list[int]]:
    found: dict[Word, list[int]] = {}
    for word, line in _words(text):
        found.setdefault(word, []).append(line)
    return found


def _words(text: Sequences) -> Iterator[tuple[Word, int]]:
    """Words of two pieces or more, and the line of each."""
    ends = np.flatnonzero(text.ids == BREAK)
    ids, lines = text.ids.tolist(), text.line.tolist()
    start = 0
    for end in ends.tolist():
        if end - start > 1:
            yield tuple(ids[start:end]), lines[start]
        start = end + 1
