"""What the build cost, stage by stage: the footer of the report, the only part that differs from run to run.

From `run.json`, which `corpus/build.py` writes beside the card.
"""

from __future__ import annotations

from typing import Any

from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Part, bar, table
from corpus.report.wording import count, cut, plural, size

# Every stage as `run.json` names it, in the order in which they run, and what it does.
STAGES: dict[str, str] = {
    "ingest": "reads files into records and documents",
    "annotate": "measures every document",
    "candidates": "finds pairs that may be alike, by their sketches",
    "texts": "fetches the texts of those pairs",
    "relate": "compares them, text against text",
    "learn": "fits the classifiers",
    "score": "asks the classifiers about every document",
    "judge": "holds every document against the rules",
    "decide": "chooses fates, tiers and splits",
    "data": "writes the texts",
    "ledger": "writes every fate",
    "facts": "writes what was measured",
    "sketches": "writes the sketches",
}
ROWS = 40
NAME = 40  # characters


def footer(run: dict[str, Any]) -> Html:
    """A sentence and the table of the stages."""
    said = []
    if (seconds := _number(run.get("seconds"))) is not None:
        said.append(f"built in {seconds:,.1f} s")
    if isinstance(workers := run.get("workers"), int):
        said.append(f"by {plural(workers, 'worker')}")
    if peak := _number(run.get("peak_worker_bytes")):
        said.append(f"largest worker {size(int(peak))} of memory")
    told = "This run: " + ", ".join(said) + "." if said else "No run.json beside the card."
    return tag("footer", tag("p", told), _table(run, seconds))


def _table(run: dict[str, Any], whole: float | None) -> Html | None:
    stages = run.get("stages")
    timed = [(name, taken) for name, taken in _in_order(stages if isinstance(stages, dict) else {})
             if isinstance(taken, dict) and _number(taken.get("seconds")) is not None][:ROWS]  # fmt: skip
    if not timed:
        return None
    spent = sum(_number(taken["seconds"]) or 0.0 for _, taken in timed)
    whole = max(whole or 0.0, spent)
    rows = [_row(name, taken, whole) for name, taken in timed]
    if whole > spent:
        rest = whole - spent
        rows.append(["the rest", "start, choices, hashes, card, report", f"{rest:,.1f}", _bar(rest, whole), "", "", ""])
    columns = [Column("Stage"), Column("What it does"), Column("Seconds", True), Column(""), Column("Pieces", True),
               Column("Worked on"), Column("a second", True)]  # fmt: skip
    missing = any(name not in dict(timed) for name in ("ingest", "annotate", "judge"))
    more = "Stages that are not listed had nothing to do: the store held their results." if missing else ""
    return join(table("Cost of each stage, as the clock on the wall saw it", columns, rows, more))


def _row(name: str, taken: dict[str, Any], whole: float) -> list[object]:
    seconds = _number(taken["seconds"]) or 0.0
    unit, worked = _worked(taken)
    pieces = _number(taken.get("pieces"))
    rate = count(round(worked / seconds)) if unit and seconds and worked >= 100 else ""
    return [
        cut(name, NAME), STAGES.get(name, ""), f"{seconds:,.1f}" if seconds >= 0.05 else "< 0.1", _bar(seconds, whole),
        count(int(pieces)) if pieces is not None else "", f"{count(worked)} {cut(unit, NAME)}" if unit else "", rate,
    ]  # fmt: skip


def _worked(taken: dict[str, Any]) -> tuple[str, int]:
    """What a stage counts, and how many it had."""
    for unit, value in sorted(taken.items()):
        if unit not in ("seconds", "pieces") and (number := _number(value)) is not None:
            return unit, int(number)
    return "", 0


def _bar(seconds: float, whole: float) -> Html:
    return bar([Part("stands", "seconds", seconds)], whole)


def _in_order(stages: dict[str, Any]) -> list[tuple[str, Any]]:
    """Stages as they run; `run.json` has them by name."""
    order = {name: place for place, name in enumerate(STAGES)}
    return sorted(stages.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def _number(value: object) -> float | None:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15 else None
    )
