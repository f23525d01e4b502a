"""The page of a comparison: one self-contained HTML file, in the look of the house.

Made of differences (`eval/compare/pairs.py`) and their runs (`eval/compare/opened.py`), and so made again the same;
called by `eval/compare/command.py`. What can be said stands first, in sentences that claim no more than their
intervals; then each pair of runs, and accuracy against parameters (`eval/compare/sizes.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import polars as pl

from corpus.errors import UserError
from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, code, note, table
from corpus.report.wording import count, cut, plural
from corpus.store import write_whole
from eval.compare.opened import Scored
from eval.compare.pair_section import counts, pair_section, summary
from eval.compare.pairs import Compared
from eval.compare.quantized import quantized_to
from eval.compare.sizes import parameters_of, sizes
from eval.compare.stretches import stretches
from eval.page.glossary import COMPARISON, glossary
from eval.page.whole import NAME, Section, Tiles, folded, header, whole_page
from eval.run.scores import ALL
from train.page import spelt

HOW = (
    "An interval is of 95 % and of its own comparison alone: Newcombe's for paired shares, a studentised bootstrap "
    "over items or texts otherwise. It covers other items or texts of the kind, with these very models: how far the "
    "next training run of each would lie by its seed alone it does not tell; for that there are studies (evaluate "
    "ablate). What is said rests on p values adjusted for all comparisons of whole tasks together (Holm): there may be "
    "no claim where an interval leaves out 0. What is certain may be small, which is why its part of the base's score "
    "stands behind it. That no difference is shown does not mean that there is none: where it can be told, the "
    "sentence says how large one would have been seen."
)
MANY = 6  # sentences of no difference from which on they are folded away


def write_page(found: Compared, runs: Sequence[Scored], out: Path) -> Path:
    """Write the page to a file, in one step; returns its path. `runs`: as they were compared, the base first. Raises
    `UserError` for a folder."""
    if out.is_dir():
        raise UserError("The page is a file, and this is a folder.", str(out), f"give --page {out / 'compare.html'}")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, page(found, runs, out.parent))
    return out


def page(found: Compared, runs: Sequence[Scored], beside: Path = Path()) -> str:
    """The whole page as text. `beside`: the folder in which it will lie, from which the cards are linked."""
    base, *others = runs
    parts: list[Section] = [("verdict", "Verdict", _verdict(found, base, others))]
    for number, other in enumerate(others, 1):
        rows = found.table.filter(second=other.name)
        parts.append((f"pair-{number}", heading(base, other), pair_section(rows, quantized_to(base, other))))
    parts += [
        ("sizes", "Accuracy against parameters", sizes(runs)),
        ("runs", "Runs and cards", _runs(found, runs, beside)),
    ]
    return whole_page(f"{cut(base.name, NAME)}: compared", _header(found, base, others), parts)


def heading(base: Scored, other: Scored) -> str:
    """What a pair's section is called."""
    first, second = cut(base.name, NAME), cut(other.name, NAME)
    if kind := quantized_to(base, other):
        return f"{second} beside {first}: degradation by {kind}, paired by item"
    return f"{second} beside {first}"


def _header(found: Compared, base: Scored, others: Sequence[Scored]) -> Html:
    lead = join("Is ", _either([cut(one.name, NAME) for one in others]), " better or worse than ",
                tag("strong", cut(base.name, NAME)), "? Compared item by item, so that what is hard about an item "
                "cancels.")  # fmt: skip
    names = " beside ".join(cut(one.name, NAME) for one in (*others, base)) if len(others) == 1 else \
        f"{count(len(others))} runs beside {cut(base.name, NAME)}"  # fmt: skip
    return header("comparison of runs", names, lead, _tiles(found))


def _either(names: Sequence[str]) -> Html:
    return join(part for place, name in enumerate(names) for part in (
        "" if place == 0 else " or " if place == len(names) - 1 else ", ", tag("strong", name)))  # fmt: skip


def _tiles(found: Compared) -> Tiles:
    whole = found.table.filter(part=ALL)
    better, worse, same = counts(whole)
    return [(count(whole.height), "comparisons of whole tasks"), (count(better), "shown to be better"),
            (count(worse), "shown to be worse"), (count(same), "no difference shown"),
            (count(found.table.height - whole.height), "comparisons of parts, besides")]  # fmt: skip


def _verdict(found: Compared, base: Scored, others: Sequence[Scored]) -> Html:
    """The sentences on whole tasks, pair by pair, what is shown first."""
    bodies = []
    for other in others:
        rows = found.table.filter(second=other.name, part=ALL)
        shown, rest = rows.filter(pl.col("second_better").is_not_null()), rows.filter(pl.col("second_better").is_null())
        bodies.append(join(
            tag("h3", heading(base, other)) if len(others) > 1 or quantized_to(base, other) else None,
            tag("p", summary(rows)),
            [note(f"{line}.") for line in stretches(base, other)],
            _sentences(shown["sentence"].to_list(), "shown"),
            folded(f"{plural(rest.height, 'sentence')} of no difference", _sentences(rest["sentence"].to_list()),
                   when=True) if rest.height > MANY else _sentences(rest["sentence"].to_list()),
        ))  # fmt: skip
    whole = found.table.filter(part=ALL)
    return join(bodies, note(HOW), glossary([*whole["metric"].unique(), *whole["formulation"].unique(), *COMPARISON]))


def _sentences(sentences: Sequence[str], kind: str = "") -> Html | None:
    if not sentences:
        return None
    return tag("ul", [tag("li", one, class_=kind or None) for one in sentences], class_="verdict")


def _card(one: Scored, beside: Path) -> str:
    """Where the card of a run lies, from the page on."""
    return quote(os.path.relpath((one.folder / "card.json").resolve(), beside.resolve()))


def _runs(found: Compared, runs: Sequence[Scored], beside: Path) -> Html:
    columns = [Column("Run"), Column("Parameters", True), Column("Questions", True), Column("Texts", True),
               Column("Model"), Column("Scores")]  # fmt: skip
    rows: list[list[Child]] = []
    for one in runs:
        parameters = parameters_of(one)
        model = str(one.card.parents.get("model", spelt.NONE))
        rows.append([cut(one.name, NAME), spelt.short(parameters) if parameters else "not noted",
                     count(one.items.height), count(one.bits.height), code(model[:12]),
                     tag("a", code(one.card.identity[:12]), href=_card(one, beside))])  # fmt: skip
    alone = tag("ul", [tag("li", line) for line in found.alone]) if found.alone else \
        tag("p", "Every question and every text was scored by both runs of each pair.")  # fmt: skip
    lead = (
        "The card of the scores names the model by its identity, the model's card its tokenizer and corpora, and the "
    )
    lead += "corpus' INPUTS.tsv every file that was read, with its hash."
    return join(note(lead), table("Runs, the base first", columns, rows),
                tag("h3", "What only one run has, and is not compared"), alone)  # fmt: skip
