"""What a page tells of a vocabulary that was extended: how rows of new pieces were made, and what each way lost.

Comes from `run.json`, where `train/base.py` noted it; goes to `train/page/page.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, table
from corpus.report.wording import count, cut, plural
from train.page import spelt
from train.page.logged import number

NAME = 60  # characters of a text's name


def new_rows(run: Mapping[str, Any]) -> Html | None:
    """The way that was taken, and the loss right after extension in every way that was tried; None of a run whose
    tokenizer is the model's own."""
    told = run.get("extension")
    if not isinstance(told, Mapping):
        return None
    first, size, before, rows = (int(number(told.get(name)) or 0) for name in ("first", "size", "rows_before", "rows"))
    way, output = cut(str(told.get("method")), NAME), cut(str(told.get("output")), NAME)
    both = f"{way}, in the one matrix of input and output" if told.get("tied") else f"{way} in the input, {output} in "
    lead = f"The tokenizer has {plural(size - first, 'piece')} that the base's has not: ids {count(first)} to "
    lead += (
        f"{count(size - 1)}. The embedding had {plural(before, 'row')} and has {count(rows)}. New rows were made by "
    )
    lead += both + ("" if told.get("tied") else "the output matrix") + "."
    return join(tag("p", lead), _ways(run.get("new_rows")))


def _ways(ways: Any) -> Html | None:
    """A line a text and way; of a run for which nothing is held out, none."""
    known = [way for way in ways if isinstance(way, Mapping)] if isinstance(ways, list) else []
    if not known:
        return None
    heads = [Column("Held-out text"), Column("Input"), Column("Output"), Column("Bits per byte", True)]
    return table("Right after extension, before the first step", heads, [_way(way) for way in known])


def _way(way: Mapping[str, Any]) -> list[Child]:
    bits = number(way.get("bits_per_byte"))
    names = [cut(str(way.get(name, spelt.NONE)), NAME) for name in ("text", "input", "output")]
    return [*names, spelt.NONE if bits is None else spelt.figure(bits)]
