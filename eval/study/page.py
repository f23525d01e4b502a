"""The page of a study: one self-contained `report.html` in its folder, in the look of the house.

Called by `eval/study/command.py` with `Results` (`eval/study/results.py`); loads nothing and runs nothing. The verdict
stands first, in words that claim no more than their intervals; every run is listed with what it read, what it cost, and
the identities of its cards, by which a score leads back to the files of its corpus.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, code, note, table
from corpus.report.wording import count, plural, size
from corpus.store import write_whole
from eval.page.whole import Section, header, whole_page
from eval.study.arms import NULL
from eval.study.forest import forest
from eval.study.learned import learned
from eval.study.recipe import STEPS
from eval.study.results import Effect, Results, metric_name
from eval.study.shuffled import DRAWS
from eval.study.ways import KEYS
from train.page import spelt

PAGE = "report.html"
EXPLORED = 60  # rows of other metrics
MEASURED = ["tokens", "tuned_tokens", "bytes", "unique_tokens", "epochs", "parameters", "flops", "seconds"]  # of a run


def write_page(found: Results, folder: Path) -> Path:
    """Write the page, in one step; returns its path."""
    write_whole(folder / PAGE, page(found))
    return folder / PAGE


def page(found: Results) -> str:
    """The whole page as text."""
    parts: list[Section] = [
        ("verdict", "Verdict", _verdict(found)), ("effects", "Effects", _effects(found)),
        ("learned", "On the way", learned(found.ways)), ("arms", "Arms", _arms(found)),
        ("sizes", "Small and large", _decided(found)), ("explored", "Other metrics", _explored(found)),
        ("noise", "Signal and noise", _noise(found)), ("runs", "Runs and cards", _runs(found)),
    ]  # fmt: skip
    return whole_page(f"{found.study.name}: report of a study", _header(found), parts)


def _header(found: Results) -> Html:
    study, runs = found.study, found.runs
    seconds = float(runs["seconds"].sum())
    figures = [(count(len(study.arm)), "arms"), (count(study.seeds), "seeds each"), (count(runs.height), "runs"),
               (spelt.short(float(runs["tokens"].sum())), "tokens trained on in all"),
               (spelt.duration(seconds), "of training, summed")]  # fmt: skip
    more = tag("p", study.description) if study.description else None
    return header("report of a study", study.name, study.question, figures, more=more)


def _verdict(found: Results) -> Html:
    told = tag("ul", [tag("li", sentence) for sentence in found.verdict], class_="verdict")
    if not found.study.null:
        check: Child = "There is no null arm, so that nothing tells whether the comparison itself raises false alarms."
    elif found.false_alarms:
        claimed = " ".join(one.said.sentence for one in found.false_alarms)
        check = join("The null arm, which differs from the first in nothing but its seeds, was claimed to differ: ",
                     claimed, " Believe the verdict less.")  # fmt: skip
    else:
        check = "Of the null arm, which differs from the first in nothing but its seeds, nothing is claimed."
    small = (
        "Three seeds or fewer see large effects alone: each sentence says how large. " if found.study.seeds <= 3 else ""
    )
    how = (
        "An interval is Student's t over seeds, paired: runs of one seed begin with the same weights and read in an "
        "order of the same seed. P values are adjusted for all arms and primary metrics together (Holm)."
    )
    return join(told, note(check), note(_shuffled(found)), note(small, how))


def _shuffled(found: Results) -> str:
    if math.isnan(found.shuffled):
        return "With fewer than three seeds no shuffling tells how often this verdict raises a false alarm."
    return (
        "With the arms' means taken away and their names shuffled within every seed, something is claimed in "
        f"{found.shuffled:.1%} of {DRAWS} shuffles: so often would this verdict raise a false alarm."
    )


def _effects(found: Results) -> Html:
    """A forest a primary metric, the null arm not among them."""
    base = found.study.arm[0].name
    figures = []
    for key in dict.fromkeys(tuple(one.key.values()) for one in found.effects if one.primary):
        some = [one for one in found.effects if one.primary and tuple(one.key.values()) == key]
        figures.append(forest(some, f"{metric_name(some[0].key)}: difference to arm {base}, 95 % intervals"))
    return join(figures) if figures else note("No primary metric was scored in every arm.")


def _arms(found: Results) -> Html:
    numbers = ("Tokens", "Tuned on", "Text", "Unique tokens", "Epochs", "Parameters", "FLOPs", "Seconds a run")
    columns = [Column("Arm"), Column("What it differs in"), *(Column(name, True) for name in numbers)]
    rows = []
    for (arm, scale), some in found.runs.group_by("arm", "size", maintain_order=True):
        mean = some.select(pl.col(MEASURED).mean()).row(0, named=True)
        rows.append([_anchored(f"{arm} {scale}".strip(), str(some["folder"][0])), _told(found, str(arm)),
                     spelt.short(mean["tokens"]), spelt.short(mean["tuned_tokens"]) if mean["tuned_tokens"] else "",
                     size(round(mean["bytes"])), spelt.short(mean["unique_tokens"]), f"{mean['epochs']:.2f}",
                     spelt.short(mean["parameters"]), f"{mean['flops']:.2e}", f"{mean['seconds']:.1f}"])  # fmt: skip
    return join(table("What each arm read and cost, means over seeds", columns, rows),
                note("Unique tokens are those of the text that was read, each counted once: an arm of few is read in "
                     "more epochs, and a tier may differ in sources and sizes besides quality, for which there are "
                     "controls. ", _base_told(found)))  # fmt: skip


def _base_told(found: Results) -> str:
    """What a base cost, which no arm's row counts."""
    if not any(one.start == "base" for one in found.study.arm):
        return ""
    read = found.study.budget.base or found.study.budget.tokens
    return f"The base of each seed, on {count(read)} tokens, is shared by the arms that go on from it, and in no row."


def _anchored(name: str, folder: str) -> Html:
    """A name that leads to the row of its first run, and from there to the cards."""
    return tag("a", name, href=f"#run-{folder}")


def _told(found: Results, arm: str) -> Child:
    if arm == NULL:
        return "nothing: the first arm from other seeds"
    (one,) = (some for some in found.study.arm if some.name == arm)
    sets = [f"{step}: {value}" for step in STEPS for value in getattr(one, step)]
    if (like := one.match) is not None:
        what = {"amount": "amount", "sources": "sources", "both": "sources and amount"}[like.by]
        sets.append(f"all tiers in the {what} of {', '.join(like.tiers)}")
    sets += ["on from the base"] if one.start == "base" else []
    sets += [f"merged with the base, {one.merge:g} of the way"] if one.merge < 1 else []
    sets += [f"{one.training_share:.0%} of the budget in training"] if one.training_share != 1 else []
    words = [part for part in (one.description, f"Control: {one.matched}" if one.matched else "") if part]
    codes = [join(code(value), " ") for value in sets] if sets else "the study's own settings"
    return join(" ".join(words), " " if words else None, codes)


def _decided(found: Results) -> Html | None:
    """Whether the small sizes decide as the largest does."""
    if not found.decided:
        return None
    columns = [Column("Metric"), Column("Small"), Column("Large"), Column("Pairs of arms in the same order", True),
               Column("Of those that the large one tells apart", True)]  # fmt: skip
    rows = [[metric_name({**one.key, "size": ""}), one.small, one.large, f"{one.same} of {one.pairs}",
             f"{one.told_same} of {one.told}"] for one in found.decided]  # fmt: skip
    return join(note("If a small model is to choose the data of a large one, it has to put arms in the same order; by "
                     "chance half of the pairs are. Few pairs say little."),
                table("Decision accuracy, means over seeds", columns, rows))  # fmt: skip


def _explored(found: Results) -> Html:
    rows = [one for one in found.effects if not one.primary]
    rows.sort(key=lambda one: (math.isnan(one.adjusted), one.adjusted))
    columns = [Column("Arm"), Column("Metric"), Column("First arm", True), Column("Arm", True),
               Column("Difference", True), Column("95 %", True), Column("p, adjusted", True)]  # fmt: skip
    told = [_row(one) for one in rows[:EXPLORED]]
    more = f" {plural(len(rows) - EXPLORED, 'row')} more are in effects.parquet." if len(rows) > EXPLORED else ""
    return join(note("These were not chosen before the study: they explore, and are adjusted among themselves.", more),
                table("All other metrics, the surest first", columns, told))  # fmt: skip


def _row(one: Effect) -> list[Child]:
    found = one.found
    interval = f"{found.low:.4f} to {found.high:.4f}" if math.isfinite(found.low) else "none"
    run = "-".join(part for part in (one.arm, one.key["size"], "0") if part)
    return [_anchored(one.arm, run), metric_name(one.key), *(f"{mean:.4f}" for mean in one.means),
            f"{found.value:+.4f}", interval,
            "" if math.isnan(one.adjusted) else f"{one.adjusted:.3f}"]  # fmt: skip


def _noise(found: Results) -> Html:
    rows = found.noise.filter(pl.col("part") == "all").sort("ratio", descending=True, nulls_last=True)
    told = [[metric_name({name: row[name] for name in KEYS}), _number(row["signal"]), _number(row["noise"]),
             _number(row["ratio"], 2)] for row in rows.iter_rows(named=True)]  # fmt: skip
    columns = [Column("Metric"), Column("Between arms", True), Column("Between seeds", True), Column("Ratio", True)]
    return join(note("How far the means of arms lie apart, beside how far seeds of one arm do (standard deviations): a "
                     "metric whose ratio is below 1 tells arms apart by chance."),
                table("Signal and noise of each metric", columns, told))  # fmt: skip


def _number(value: float | None, places: int = 4) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{places}f}"


def _runs(found: Results) -> Html:
    columns = [Column("Run"), Column("Seed", True), Column("Scores"), Column("Model"), Column("Card of the scores"),
               Column("Card of the training")]  # fmt: skip
    rows: Sequence[Sequence[Child]] = [
        [tag("span", row["folder"], id=f"run-{row['folder']}"), count(row["seed"]), code(row["scored"][:12]),
         code(row["model"][:12]), tag("a", f"scores/{row['folder']}", href=f"scores/{row['folder']}/card.json"),
         tag("a", row["model_folder"], href=f"{row['model_folder']}/card.json")]
        for row in found.runs.iter_rows(named=True)
    ]  # fmt: skip
    return join(note("The card of the scores names the model, the model's card its tokenizer and corpora, and the "
                     "corpus' card every file that was read."), table("Every run", columns, rows))  # fmt: skip
