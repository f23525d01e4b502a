"""A few rows as the model sees them, in the terminal: documents in frames, tokens that are not learned in brackets.

Used by `train pretrain --show-rows N`, with what `train/prepare.py` gave; goes to standard output. The rows are those
that training reads (`train/setup.py`), and what is shown of a document is put together from its ids, so that a
tokenizer that loses something, a row that is cut in the wrong place or a label that is not what it should be is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from corpus.controls import visible
from corpus.errors import UserError
from tokenizer.cut import segments, spelled
from train.data.special_ids import IGNORED
from train.page.summary import standard_output

if TYPE_CHECKING:
    from tokenizer.opened import Opened
    from train.prepare import Prepared

Ids = NDArray[np.int64]
LINE = "␊"  # before the line break that it stands for
OPEN, SHUT = "⟦", "⟧"  # around what is not learned
TOLD = "→"  # of a masked model: what stands in the row, and what is to be told


class Part(NamedTuple):
    """What stands in one frame of a row. `title`: which document, and what of it; of padding, how much."""

    title: str
    ids: Ids
    labels: Ids


def show_rows(prepared: Prepared, rows: int, console: Console | None = None) -> None:
    """Print the first rows of a run, as many as are asked for and there are. Raises `UserError` for fewer than one."""
    if rows < 1:
        raise UserError("No rows were asked for.", where="--show-rows", mend="give a number from 1 on")
    from train.setup import rows_of

    console = console or standard_output()
    dataset = rows_of(prepared)
    console.print(_key(prepared.masked), style="dim", markup=False)
    for row in range(min(rows, len(dataset))):
        _print_row(prepared, row, dataset[row], console)


def _key(masked: bool) -> str:
    if masked:
        return (
            f"{OPEN}a{TOLD}b{SHUT}: a stands in the row, b is to be told; nothing else is learned. {LINE} ends a line."
        )
    return f"{OPEN}…{SHUT}: seen and not learned, for nothing of its document comes before it. {LINE} ends a line."


def _print_row(prepared: Prepared, row: int, told: dict[str, Ids], console: Console) -> None:
    ids, labels = told["input_ids"], told["labels"]
    found = parts(prepared, row, ids, labels)
    learned = int((labels != IGNORED).sum())
    console.print(f"\nrow {row + 1:,} of {prepared.packed.total:,}: {len(ids):,} tokens, {learned:,} of them learned",
                  style="bold", markup=False)  # fmt: skip
    for part in found:
        shown = masked_text(prepared.opened, part) if prepared.masked else text(prepared.opened, part)
        console.print(visible(part.title), style="dim", markup=False, soft_wrap=True)  # whole, however long
        console.print(Panel(shown, box=box.SQUARE))


def parts(prepared: Prepared, row: int, ids: Ids, labels: Ids) -> list[Part]:
    """The pieces of documents in a row, and its padding."""
    packed, found = prepared.packed, []
    at = 0
    for piece in range(int(packed.rows[row]), int(packed.rows[row + 1])):
        upto = at + int(packed.length[piece]) + (2 if prepared.masked else 0)  # the frame of a masked row
        found.append(Part(_title(prepared, piece), ids[at:upto], labels[at:upto]))
        at = upto
    if at < len(ids):
        found.append(Part(f"padding, {len(ids) - at:,} tokens", ids[at:], labels[at:]))
    return found


def _title(prepared: Prepared, piece: int) -> str:
    """`rows:12 (rows, high) 33 to 64 of 93`."""
    packed, plan = prepared.packed, prepared.plan
    reading, start, length = (int(column[piece]) for column in (packed.reading, packed.start, packed.length))
    pool = plan.pools[int(plan.pool[reading])]
    document: dict[str, Any] = pool.table.row(int(plan.row[reading]), named=True)
    where = ", ".join(dict.fromkeys((pool.name, document["source"], document["tier"])))
    return f"{document['id']} ({where}) tokens {start + 1:,} to {start + length:,} of {document['tokens']:,}"


def text(opened: Opened, part: Part) -> Text:
    """The ids of a part as text, with what is not learned in brackets."""
    shown = Text()
    for learned, ids, _ in _runs(part):
        spelt = written(opened, ids)
        shown.append(spelt) if learned else shown.append(f"{OPEN}{spelt}{SHUT}", "black on yellow")
    return shown


def masked_text(opened: Opened, part: Part) -> Text:
    """The ids of a part as text; where some are to be told, what they are."""
    shown = Text()
    for learned, ids, labels in _runs(part):
        here = written(opened, ids)
        if learned:
            shown.append(f"{OPEN}{here}{TOLD}{written(opened, labels)}{SHUT}", "black on green")
        else:
            shown.append(here)
    return shown


def _runs(part: Part) -> Iterator[tuple[bool, list[int], list[int]]]:
    """Ids and labels one after another that are learned, or are not."""
    pairs = zip(part.ids.tolist(), part.labels.tolist(), strict=True)
    for learned, run in groupby(pairs, lambda pair: pair[1] != IGNORED):
        ids, labels = zip(*run, strict=True)
        yield learned, list(ids), list(labels)


def written(opened: Opened, ids: Sequence[int]) -> str:
    """Ids as text that can be shown: bytes that are no whole character as <E7>, special tokens by their names."""
    prefix = opened.spec["model"].get("continuing_subword_prefix") or ""
    shown, raw = "", b""
    for number, (name, spelt) in zip(ids, spelled(opened, ids), strict=True):
        if spelt is None:
            shown, raw = shown + _shown(raw) + (visible(name) if name else f"<id {number}>"), b""
        else:  # words of WordPiece have no space of their own
            raw += (b" " if prefix and name and not name.startswith(prefix) else b"") + spelt
    return shown + _shown(raw)


def _shown(raw: bytes) -> str:
    parts = ("".join(f"<{byte:02X}>" for byte in part) if isinstance(part, bytes) else part for part in segments(raw))
    return "\n".join(visible(line) for line in "".join(parts).replace("\n", f"{LINE}\n").split("\n"))
