"""The page of a study: one self-contained `report.html` in its folder, in the look of the house.

Called by `eval/study/command.py` with `Results` (`eval/study/results.py`); loads nothing and runs nothing. The verdict
stands first, in words that claim no more than their intervals; every effect leads to the scores it was made of, and
those to each run's reports and cards, by which a score leads back to the files of its corpus.
"""

from __future__ import annotations

from pathlib import Path

from corpus.report.html import Html, join, tag
from corpus.report.section import Column, key, note, table
from corpus.report.wording import count, plural
from corpus.store import write_whole
from eval.page.forest import NEITHER
from eval.page.whole import Section, capital, header, whole_page
from eval.study.arms_section import arms_section
from eval.study.explored import noise_section, other_metrics
from eval.study.forest import forest
from eval.study.learned import learned
from eval.study.results import Results, metric_name
from eval.study.runs_section import ANCHOR, made_of, runs_section
from eval.study.verdict_section import verdict_section
from train.page import spelt

PAGE = "report.html"


def write_page(found: Results, folder: Path) -> Path:
    """Write the page, in one step; returns its path."""
    write_whole(folder / PAGE, page(found))
    return folder / PAGE


def page(found: Results) -> str:
    """The whole page as text."""
    parts: list[Section] = [
        ("verdict", "Verdict", verdict_section(found)), ("effects", "Effects", _effects(found)),
        ("learned", "Learning on the way", learned(found.ways)), ("arms", "Arms", arms_section(found)),
        ("sizes", "Small and large", _decided(found)), ("explored", "Other metrics", other_metrics(found)),
        ("noise", "Signal and noise", noise_section(found)), (ANCHOR, "Runs and cards", runs_section(found)),
    ]  # fmt: skip
    return whole_page(f"{found.study.name}: report of a study", _header(found), parts)


def _header(found: Results) -> Html:
    study, runs = found.study, found.runs
    seconds = float(runs["seconds"].sum())
    figures = [(count(len(study.arm)), "arms"),
               (count(study.seeds), "seeds each" if study.seeds > 1 else "seed each"), (count(runs.height), "runs"),
               (spelt.short(float(runs["tokens"].sum())), "tokens trained on in all"),
               (spelt.duration(seconds), "of training, summed")]  # fmt: skip
    more = tag("p", study.description) if study.description else None
    return header("report of a study", study.name, study.question, figures, more=more)


def _chance(found: Results, wanted: dict[str, str]) -> float | None:
    known = found.scores.filter(**wanted)["chance"].drop_nulls()
    return float(known[0]) if len(known) else None


def _effects(found: Results) -> Html:
    """A forest a primary metric, the null arm not among them."""
    base = found.study.arm[0].name
    figures = []
    for wanted in dict.fromkeys(tuple(one.key.values()) for one in found.effects if one.primary):
        some = [one for one in found.effects if one.primary and tuple(one.key.values()) == wanted]
        title = f"{capital(metric_name(some[0].key))}: difference to arm {base}"
        figures.append(join(forest(some, title, _chance(found, some[0].key)), tag("p", made_of(base, some))))
    if not figures:
        return note("No primary metric was scored in every arm.")
    lead = f"Each dot is how far an arm lies from arm {base}, the mean over seeds; the upright line is no difference."
    marks = key([("c0", f"better than arm {base}"), ("c1", "worse"), (f"c{NEITHER}", "no difference is shown")])
    return join(tag("p", lead), marks, figures)


def _decided(found: Results) -> Html | None:
    """Whether the small sizes decide as the largest does."""
    if not found.decided:
        return None
    columns = [Column("Metric"), Column("Small"), Column("Large"), Column("Pairs of arms in the same order", True),
               Column("Of those that the large one tells apart", True), Column("Equal in a size", True)]  # fmt: skip
    rows = [[capital(metric_name({**one.key, "size": ""})), one.small, one.large, f"{one.same} of {one.pairs}",
             f"{one.told_same} of {one.told}", str(one.ties)] for one in found.decided]  # fmt: skip
    same, pairs, ties = (sum(getattr(one, name) for one in found.decided) for name in ("same", "pairs", "ties"))
    told = f"In all metrics and sizes together {count(same)} of {plural(pairs, 'pair')} of arms stand in the order " \
           "of the largest size."  # fmt: skip
    if ties:
        told += f" {plural(ties, 'pair')} more {'has' if ties == 1 else 'have'} no order in one of the sizes, where " \
                "both arms have the same mean, and are left out."  # fmt: skip
    why = "If a small model is to choose the data of a large one, it has to put arms in the same order; by chance " \
          "half of the pairs are. Few pairs say little."  # fmt: skip
    return join(tag("p", told), note(why), table("Decision accuracy, by means over seeds", columns, rows))
