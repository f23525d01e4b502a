"""The final page of a training run: one self-contained `report.html` in the run's folder, in the look of the house.

Called by `train/run_folder.py` when a run is whole, and whenever somebody wants it drawn anew: made from `card.json`,
`run.json`, `log.jsonl`, `mixture.parquet` and the names of the checkpoints alone. It loads nothing and runs nothing;
whatever comes from a corpus or a recipe is escaped (`corpus/report/html.py`). Curves are drawn by
`train/page/curves.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.card import Card, read_card
from corpus.errors import UserError
from corpus.report.head import head
from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, Part, bar, code, note, table
from corpus.report.wording import count, cut, plural, share, size
from corpus.store import write_whole
from train.checkpoint import Checkpoints
from train.data.mixture_table import Mixed, folded, read_mixture
from train.page import spelt
from train.page.logged import ACCURACY, BITS, Logged, number, read_log, run_of
from train.page.measured import checkpoints, held_out, kinds
from train.page.new_rows import new_rows
from train.page.sections import curves

PAGE = "report.html"
STYLE = Path(__file__).with_name("page.css")
ROWS = 40  # of the mixture
NAME = 80  # characters of a name


class Run(NamedTuple):
    """A run's folder, read. `mixture`: None where it has none; `run`: of `run.json`, empty where it has none; `kept`:
    steps whose checkpoint is there."""

    card: Card
    run: dict[str, Any]
    logged: Logged
    mixture: pl.DataFrame | None
    kept: Sequence[int] = ()

    @property
    def recipe(self) -> dict[str, Any]:
        return self.card.recipe

    def told(self, name: str) -> Any:
        """What the card counts, or for want of it what the run noted, under a name."""
        return self.card.counts.get(name, self.run.get(name))


def open_run(folder: Path) -> Run:
    """Read a run's folder. Raises `UserError` when it holds no model of ours."""
    card = read_card(folder)
    if card is None or card.kind != "model":
        raise UserError("That folder holds no trained model with a card.", where=str(folder),
                        mend="give the --out of a finished run")  # fmt: skip
    kept = Checkpoints(folder / "checkpoints").steps()
    return Run(card, run_of(folder), read_log(folder), read_mixture(folder), kept)


AGAIN = "each layer is computed again on the way back, which counts in the time and not in the utilisation"


def write_page(folder: Path) -> Path:
    """Write the page into a run's folder, in one step; returns its path. Raises `UserError` as `open_run` does."""
    out = folder / PAGE
    write_whole(out, page(open_run(folder)))
    return out


def page(run: Run) -> str:
    """The whole page as text."""
    parts: list[tuple[str, str, Html | None]] = [
        ("curves", "Curves", curves(run.logged, run.recipe, run.card.counts)),
        ("held-out", kinds(run.recipe)[BITS].heading, held_out(run.logged, run.recipe, run.card.counts)),
        ("checkpoints", "Checkpoints", checkpoints(run.logged, run.recipe, run.kept)),
        ("mixture", "What was read", _mixture(run)),
        ("rows", "Rows", _rows(run)),
        ("arms", "What was learned from", _arms(run)),
        ("model", "What was trained", _model(run)),
        ("new-rows", "New pieces", new_rows(run.run)),
        ("from", "Where it comes from", _from(run)),
    ]
    there = [(anchor, name, body) for anchor, name, body in parts if body is not None]
    contents = tag("nav", tag("ol", [tag("li", tag("a", name, href=f"#{anchor}")) for anchor, name, _ in there]),
                   aria_label="Contents")  # fmt: skip
    sections = [tag("section", tag("h2", name), body, id=anchor) for anchor, name, body in there]
    inside = join(_header(run), contents, tag("main", sections), _footer(run))
    title = f"{cut(run.card.name, NAME)}: report of a training run"
    return f'<!doctype html>\n<html lang="en">{head(title, STYLE)}{tag("body", inside)}</html>\n'


def _header(run: Run) -> Html:
    """Name, identity, and the figures that a reader asks for first."""
    told = str(run.recipe.get("description") or "")
    tiles = tag("ul", [tag("li", tag("b", figure), tag("span", what)) for figure, what in _figures(run)],
                class_="tiles")  # fmt: skip
    return tag(
        "header", tag("p", "Materia · report of a training run", class_="kicker"), tag("h1", cut(run.card.name, NAME)),
        tag("p", told, class_="lead") if told else None,
        tag("p", "identity ", tag("code", run.card.identity[:12], title=run.card.identity), class_="note"), tiles,
    )  # fmt: skip


def _figures(run: Run) -> list[tuple[str, str]]:
    logged, steps = run.logged, number(run.told("steps"))
    tokens, parameters, seconds = (number(run.told(name)) for name in ("tokens", "parameters", "seconds"))
    loss, rate = logged.last("loss"), logged.median("tokens_per_second")
    found = [
        (parameters and spelt.short(parameters), "parameters"),
        (tokens and spelt.short(tokens), "tokens read" if steps is None else f"tokens in {count(int(steps))} steps"),
        (loss is not None and spelt.figure(loss), f"nats per {spelt.unit(run.recipe)} at the end"),
    ]
    for name in logged.names(BITS)[:2]:
        found.append((spelt.figure(logged.series(BITS, name)[-1][1]), f"bits per byte, held-out {cut(name, 20)}"))
    for name in logged.names(ACCURACY)[:1]:
        found.append((spelt.part(logged.series(ACCURACY, name)[-1][1]), "of the held-out questions right"))
    found += [(rate and spelt.short(rate), "tokens a second"), (seconds and spelt.duration(seconds), "of time")]
    return [(str(figure), what) for figure, what in found if figure]


def _mixture(run: Run) -> Html | None:
    if run.mixture is None or not run.mixture.height:
        return None
    told = folded(run.mixture, ROWS)
    heads = [Column("Slice"), Column("Source"), Column("Tier"), Column("Documents", True), Column("Tokens", True),
             Column("Text read", True), Column("Epochs", True), Column("Share", True), Column("")]  # fmt: skip
    rows = [*told.rows, *([told.rest] if told.rest else [])]
    most = max((row.share for row in rows), default=1.0)
    shown = [[*_mixed(row), bar([Part("c0", "share of the tokens", row.share)], most)] for row in rows]
    lead = (
        "Tokens and text count every reading of a document, documents each document once. An epoch is one reading of "
        "all that there is."
    )
    whole = [*_mixed(told.whole), ""]
    return join(tag("p", lead), table("Mixture, by slice, source and tier", heads, [*shown, whole]))


def _mixed(row: Mixed) -> list[Child]:
    epochs = "–" if row.epochs is None else f"{row.epochs:.2f}"
    return [cut(row.slice, NAME), cut(row.source, NAME), cut(row.tier, NAME), count(row.documents), count(row.tokens),
            size(row.bytes), epochs, share(row.share, 1)]  # fmt: skip


def _rows(run: Run) -> Html | None:
    """How documents became rows, and that nothing was lost on the way."""
    rows, sequence = number(run.told("rows")), number(run.told("sequence"))
    efficiency, tokens = number(run.told("packing_efficiency")), number(run.told("tokens"))
    if rows is None or sequence is None or efficiency is None or tokens is None:
        return None
    facts: list[tuple[str, Child]] = [
        ("Packing", str(run.recipe.get("data", {}).get("packing", "–"))),
        ("Rows", f"{count(int(rows))} of {count(int(sequence))} tokens"),
        ("Filled", f"{share(efficiency, 1)} of all places hold a token, the rest is padding"),
    ]
    cut_, documents = number(run.told("cut")), number(run.told("documents"))
    if cut_ is not None and documents is not None:
        facts.append(("Documents in several pieces", f"{count(int(cut_))} of {plural(int(documents), 'reading')}"))
    not_learned = number(run.told("not_learned"))
    if not_learned is not None:
        told = f"{count(int(not_learned))} tokens ({share(not_learned / max(tokens, 1), 1)}) that go on a cut "
        told += "document in a new row"
        facts.append(("Read and not learned", told))
    budget, unread = number(run.told("cut_by_budget")), number(run.told("unread"))
    if budget and unread:
        told = f"{plural(int(budget), 'document')}: {plural(int(unread), 'token')} at the end not read"
        facts.append(("Cut by the budget", told))
    if run.mixture is not None:
        facts.append(("Lost", _lost(int(run.mixture["tokens"].sum()) - int(tokens))))
    return _facts(facts)


def _arms(run: Run) -> Html | None:
    """Both arms of a fine-tuning, whichever was trained, and what was left out."""
    counts = run.card.counts
    if "supervised" not in counts:
        return None
    heads = [Column("Arm"), Column("Examples", True), Column("Epochs", True), Column("Supervised tokens", True),
             Column("Tokens", True)]  # fmt: skip
    rows: list[list[Child]] = [
        [name, count(arm["examples"]), f"{arm['epochs']:.2f}", count(arm["supervised"]), count(arm["tokens"])]
        for name, arm in counts.get("arms", {}).items()
    ]
    facts: list[tuple[str, Child]] = [
        ("Examples", f"{count(counts['examples'])}, each read {counts['readings'] / counts['examples']:.2f} times"),
        ("Held out", plural(counts["held_out"], "example")),
        *((f"Left out: {cause}", count(number_)) for cause, number_ in counts["dropped"].items()),
        ("Evaluation", f"{plural(counts['evaluation_items'], 'item')}, none of them among the training ones"),
    ]
    return join(_facts(facts), table("Both arms of the same questions", heads, rows) if rows else None)


def _lost(tokens: int) -> str:
    if tokens == 0:
        return "nothing: every token of every document read stands in a row"
    told = plural(abs(tokens), "token")
    return f"{told} of the documents stand in no row" if tokens > 0 else f"rows hold {told} more than the documents"


def _model(run: Run) -> Html:
    told, where = run.recipe.get("model", {}), run.run
    parameters, vocabulary = number(run.told("parameters")), number(run.told("vocabulary"))
    peak, world = number(where.get("peak")), number(where.get("world"))
    memory, use = run.logged.highest("memory_gib"), run.logged.median("utilisation")
    device = str(where.get("device") or "")
    base = str(told.get("base") or run.recipe.get("base") or "")
    facts: list[tuple[str, Child]] = [
        ("Model", base or ", ".join(str(told[key]) for key in ("shape", "size") if told.get(key))),
        ("Parameters", count(int(parameters)) if parameters else ""),
        ("Vocabulary", count(int(vocabulary)) if vocabulary else ""),
        ("Device", f"{int(world)} × {device}" if device and world else device),
        ("Precision", str(where.get("precision") or "")),
        ("Peak of the devices", f"{peak / 1e12:,.1f} TFLOP/s" if peak else "unknown device" if device else ""),
        ("Model FLOP utilisation", f"{share(use, 1)}, median" if use is not None else ""),
        ("Gradient checkpointing", AGAIN if run.recipe.get("batch", {}).get("gradient_checkpointing") else ""),
        ("Memory at most", f"{memory:,.2f} GiB" if memory else ""),
        ("Seed", str(run.recipe.get("seed", ""))),
    ]
    return _facts([(name, value) for name, value in facts if value])


def _from(run: Run) -> Html:
    """Parents, settings, versions: what to cite."""
    lead = (
        "The identity is a hash of the recipe, the parents, the order in which documents were read, the code and the "
        "libraries. Parents are named by theirs: it stands in the card.json of each."
    )
    parents = [[cut(name, NAME), code(identity)] for name, identity in run.card.parents.items()]
    settings = [[code(name), code(cut(value, 400))] for name, value in _flat(run.recipe)]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(run.card.versions.items()))
    facts: list[tuple[str, Child]] = [("Identity", code(run.card.identity)), ("Code", code(run.card.code)),
                                      ("Libraries", versions)]  # fmt: skip
    return join(
        tag("p", lead), _facts(facts), table("Parents", [Column("What"), Column("Identity")], parents),
        tag("details", tag("summary", "Every setting of the recipe"),
            table("The recipe as resolved", [Column("Setting"), Column("Value")], settings)),
    )  # fmt: skip


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Settings by their dotted names, as `--set` takes them."""
    if isinstance(value, dict) and value:
        return [pair for key in value for pair in _flat(value[key], f"{name}.{key}" if name else str(key))]
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        keys = [each.get("name", place) if isinstance(each, dict) else place for place, each in enumerate(value)]
        return [pair for key, each in zip(keys, value, strict=True) for pair in _flat(each, f"{name}.{key}")]
    return [(name, json.dumps(value, ensure_ascii=False))]


def _facts(facts: list[tuple[str, Child]]) -> Html:
    return tag("dl", [join(tag("dt", name), tag("dd", value)) for name, value in facts], class_="facts")


def _footer(run: Run) -> Html:
    stages = run.run.get("stages")
    timed = [f"{cut(str(name), NAME)} {spelt.duration(seconds)}"
             for name, taken in (stages.items() if isinstance(stages, dict) else ())
             if isinstance(taken, dict) and (seconds := number(taken.get("seconds"))) is not None]  # fmt: skip
    whole = number(run.run.get("seconds"))
    told = f"This run took {spelt.duration(whole)}" if whole is not None else "Nothing is noted of the time it took"
    return tag("footer", tag("p", told + (": " + ", ".join(timed) if timed else "") + "."),
               note("A run that was interrupted and gone on with tells of its last stretch alone here."))  # fmt: skip
