"""The page of a run: one self-contained `report.html` in the folder of its scores, in the look of the house.

Made from `scores.parquet`, `card.json` and `run.json` alone, and so made again the same. `eval/run/command.py` and
`eval/study/steps.py` call it when a run is whole, and `eval/run/run.py` does not: the identity of scores holds the code
that made them, and a page that changes its looks must not make anybody score again. Nothing of it enters an identity
(`corpus/card.py`). Scores are drawn by `eval/page/forest.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.card import Card, read_card
from corpus.errors import UserError
from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, code, note, table
from corpus.report.wording import count, cut, plural, share
from corpus.store import write_whole
from eval.generate.section import written_answers
from eval.generate.told import left_out
from eval.page.glossary import glossary
from eval.page.whole import NAME, Section, Tiles, capital, facts, folded, header, power, whole_page
from eval.run.exam_notes import lacking, standing_twice
from eval.run.printed import read_scores, stretches
from eval.run.score_pictures import by_part, of_texts, whole_tasks
from train.page import spelt
from train.page.logged import number, run_of

PAGE = "report.html"
REST = "the score is of the others, which are the short ones"
IDS = 40  # of items that were left out


class Told(NamedTuple):
    """A folder of scores, read. `run`: of `run.json`, empty where there is none."""

    card: Card
    run: dict[str, Any]
    scores: pl.DataFrame


def open_told(folder: Path) -> Told:
    """Read a folder of scores. Raises `UserError` when it holds none."""
    card = read_card(folder)
    if card is None or card.kind != "score":
        raise UserError("That folder holds no scores.", str(folder), "give the --out of `evaluate run`")
    return Told(card, run_of(folder), read_scores(folder))


def write_page(folder: Path) -> Path:
    """Write the page into a folder of scores, in one step; returns its path. Raises `UserError` as `open_told` does."""
    out = folder / PAGE
    write_whole(out, page(open_told(folder)))
    return out


def page(told: Told) -> str:
    """The whole page as text."""
    parts: list[Section] = [
        ("scores", "Scores", join(whole_tasks(told.scores), _words(told.scores))),
        ("parts", "By language and subject", by_part(told.scores)),
        ("written", "Answers in writing", written_answers(told.scores, told.card)),
        ("texts", "Text, in bits per byte", _texts(told)),
        ("left-out", "What was not scored", _left_out(told)),
        ("cost", "What it cost", _cost(told)),
        ("asked", "What was asked", _asked(told)),
        ("from", "Where it comes from", _from(told)),
    ]
    return whole_page(f"{cut(told.card.name, NAME)}: scores", _header(told), parts)


def _words(scores: pl.DataFrame) -> Html | None:
    return glossary([*scores["metric"].unique(), *scores["formulation"].unique()])


def _header(told: Told) -> Html:
    suite = _suite(told)
    lead = join("Scores on the suite ", tag("strong", cut(str(suite.get("name", "")), NAME)),
                f". {suite['description']}" if suite.get("description") else None)  # fmt: skip
    return header("scores of a model", _model(told).get("name") or told.card.name, lead, _tiles(told),
                  told.card.identity)  # fmt: skip


def _tiles(told: Told) -> Tiles:
    counts = told.card.counts
    tasks = told.scores.filter(pl.col("formulation") != "")["task"].n_unique()
    parameters, seconds = number(told.run.get("parameters")), number(told.run.get("seconds"))
    found = [
        (parameters and spelt.short(parameters), "parameters"),
        (count(tasks), "tasks" if tasks != 1 else "task"),
        (count(int(counts.get("items", 0))), "questions scored"),
        (counts.get("documents") and count(int(counts["documents"])), "texts measured"),
        (seconds is not None and spelt.duration(seconds), "of time"),
    ]
    return [(str(figure), what) for figure, what in found if figure]


def _texts(told: Told) -> Html | None:
    """Bits per byte, and how the texts were read; None where none was measured."""
    found, read = of_texts(told.scores), stretches(told.card)
    if found is None or not read:
        return found
    return join(found, note(f"{capital(read)}: the shorter they are, the more bits a byte takes, so that figures of "
                            "stretches of other lengths are not to be held against these."))  # fmt: skip


def _left_out(told: Told) -> Html:
    """Everything that was asked for and has no score, by cause."""
    counts, found = told.card.counts, list[Child]()
    for name in _list(told.card.recipe.get("left_out")):
        found.append(f"{name} was not asked: its exam was not there.")
    for name, number_ in _dict(counts.get("dropped")).items():
        ids = _list(_dict(told.run.get("dropped")).get(name))
        more = f" and {count(len(ids) - IDS)} more" if len(ids) > IDS else ""
        said = f"{name}: {plural(int(number_), 'item')} longer than the model reads, left out whole: {REST}"
        found.append(folded(said, note(", ".join(map(str, ids[:IDS])), more)) if ids else said)
    for name, number_ in _dict(counts.get("not_measured")).items():
        found.append(f"{name}: {plural(int(number_), 'text')} not measured: longer than the model reads, or of a kind "
                     "that it does not tell.")  # fmt: skip
    found += [f"{line}." for line in (*lacking(counts), *left_out(told.card))]
    if not found:
        return tag("p", "Nothing was left out: every question and every text that the suite asks for has its score.")
    return tag("ul", [tag("li", one) for one in found])


def _cost(told: Told) -> Html:
    run = told.run
    seconds, scoring, flops = (number(run.get(name)) for name in ("seconds", "scoring_seconds", "flops"))
    computed, plain = number(run.get("tokens_computed")), number(run.get("tokens_without_sharing"))
    whole = number(_dict(_dict(run.get("cost")).get("all")).get("tokens"))
    shared = f"{share(plain - computed, plain)} of {count(int(plain))}: what questions have in common was run " \
             "once" if computed and plain else ""  # fmt: skip
    found: list[tuple[str, Child]] = [
        ("Time", spelt.duration(seconds) if seconds is not None else ""),
        ("Of it scoring questions", f"{spelt.duration(scoring)}, all sittings together" if scoring is not None else ""),
        ("Tokens computed for questions", count(int(computed)) if computed else ""),
        ("Tokens computed in all", count(int(whole)) if whole else ""),
        ("Tokens not computed twice", shared),
        ("FLOPs, forwards", power(flops) if flops is not None else cut(str(run.get("flops", "")), NAME)),
        ("Device", str(run.get("device", ""))),
    ]
    return facts(found) if any(value for _, value in found) else note("Nothing is noted of what it cost.")


def _asked(told: Told) -> Html:
    """The tasks as the suite has them."""
    columns = [Column("Task"), Column("Exam"), Column("Asked by"), Column("Examples", True), Column("Items"),
               Column("File")]  # fmt: skip
    rows: list[list[Child]] = [
        [str(one.get("name")), f"{one.get('form')}{'' if one.get('context', True) else ', without its context'}",
         _asked_by(one), count(int(one.get("shots") or 0)),
         f"{count(int(one['limit']))} drawn by the hash of their ids" if one.get("limit") else "all",
         code(cut(", ".join(map(str, _list(one.get("path")))), 200))]
        for one in (*_list(_suite(told).get("task")), *_list(_suite(told).get("generate")))
    ]  # fmt: skip
    bits = _dict(_suite(told).get("bits"))
    texts = facts([("Held-out text of", ", ".join(map(str, _list(bits.get("corpora"))))),
                   ("Explanations", _explanations(int(bits.get("explanations") or 0)))])  # fmt: skip
    twice = [note(f"{line}.") for line in standing_twice(told.card.counts)]
    return join(table("Tasks", columns, rows) if rows else None, twice, texts)


def _explanations(number: int) -> str:
    return f"of each task that has them, of at most {plural(number, 'item')}" if number else ""


def _asked_by(task: dict[str, Any]) -> str:
    if "max_new_tokens" in task:
        return f"writing, at most {plural(int(task['max_new_tokens']), 'token')}"
    return ", ".join(map(str, _list(task.get("formulations"))))


def _from(told: Told) -> Html:
    """The chain of cards: from these scores to the model, and from the model to what it was made of."""
    lead = (
        "Each thing is named by its identity, which stands in its own card.json: from the scores one comes to the "
        "model, from it to tokenizer and corpora, and from a corpus (INPUTS.tsv) to every file read."
    )
    model = _model(told)
    rows: list[list[Child]] = [[_step(0, tag("a", "these scores", href="card.json")), code(told.card.identity)]]
    for name, identity in told.card.parents.items():
        named = f"{name}: {model['name']}" if name == "model" and model.get("name") else name
        rows.append([_step(1, cut(named, NAME)), code(identity)])
        if name == "model" and model.get("identity") == identity:
            rows += [[_step(2, cut(parent, NAME)), code(other)] for parent, other in _dict(model["parents"]).items()]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(told.card.versions.items()))
    return join(tag("p", lead), table("Cards", [Column("What"), Column("Identity")], rows),
                facts([("Scored by", str(told.card.recipe.get("scored_by", ""))), ("Code", code(told.card.code)),
                       ("Libraries", versions)]))  # fmt: skip


def _step(depth: int, name: Child) -> Html:
    return tag("span", name, class_=f"d{depth}")


def _suite(told: Told) -> dict[str, Any]:
    return _dict(told.card.recipe.get("suite"))


def _model(told: Told) -> dict[str, Any]:
    found = _dict(told.run.get("model"))
    return {**found, "parents": _dict(found.get("parents"))}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
