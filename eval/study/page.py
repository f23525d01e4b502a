"""The page of a study: one self-contained `report.html` in its folder, in the look of the house.

Called by `eval/study/command.py` with `Results` (`eval/study/results.py`); loads nothing and runs nothing. The verdict
stands first, in words that claim no more than their intervals; every run is listed with what it read, what it cost, and
the identities of its cards, by which a score leads back to the files of its corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, code, key, note, table
from corpus.report.wording import count, plural
from corpus.store import write_whole
from eval.page.forest import NEITHER
from eval.page.glossary import NULL_ARM, STUDY, glossary
from eval.page.whole import Section, capital, header, whole_page
from eval.study.arms_section import arms_section
from eval.study.explored import noise_section, other_metrics
from eval.study.forest import forest
from eval.study.learned import learned
from eval.study.results import Results, metric_name
from eval.study.shuffled import told as shuffled
from eval.study.stretches import stretches
from train.page import spelt

PAGE = "report.html"


def write_page(found: Results, folder: Path) -> Path:
    """Write the page, in one step; returns its path."""
    write_whole(folder / PAGE, page(found))
    return folder / PAGE


def page(found: Results) -> str:
    """The whole page as text."""
    parts: list[Section] = [
        ("verdict", "Verdict", _verdict(found)), ("effects", "Effects", _effects(found)),
        ("learned", "Learning on the way", learned(found.ways)), ("arms", "Arms", arms_section(found)),
        ("sizes", "Small and large", _decided(found)), ("explored", "Other metrics", other_metrics(found)),
        ("noise", "Signal and noise", noise_section(found)), ("runs", "Runs and cards", _runs(found)),
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


def _verdict(found: Results) -> Html:
    primary = [one for one in found.effects if one.primary]
    told = tag("ul", [*(tag("li", one.said.sentence, class_="shown" if one.said.second_better is not None else None)
                        for one in primary), *(tag("li", tag("strong", one)) for one in found.unscored)],
               class_="verdict")  # fmt: skip
    if not found.study.null:
        check: Child = "There is no null arm, so that nothing tells whether the comparison itself raises false alarms."
    elif not found.null_tested:
        check = "Not tested: the null arm has no primary score that could be held beside the first arm's."
    elif found.false_alarms:
        claimed = " ".join(one.said.sentence for one in found.false_alarms)
        check = join(tag("strong", "A false alarm: believe the verdict less. "), "The null arm, which differs from the "
                     "first in nothing but its seeds, was claimed to differ: ", claimed)  # fmt: skip
    else:
        check = "Of the null arm, which differs from the first in nothing but its seeds, nothing is claimed."
    alarm = tag("p", check, class_="warning") if found.false_alarms else None
    read, scored = stretches(found.runs), not found.unscored
    rate = shuffled(found.shuffled, len(found.study.arm), found.study.seeds, scored)
    return join(tag("p", summary(found)), alarm, told, note(read) if read else None, None if alarm else note(check),
                note(rate), note(_how(found.study.seeds)), _words(found))  # fmt: skip


def _words(found: Results) -> Html | None:
    primary = [part for one in found.study.primary for part in (one.metric, one.formulation)]
    return glossary([*primary, *(word for word in STUDY if found.study.null or word != NULL_ARM)])


def _chance(found: Results, wanted: dict[str, str]) -> float | None:
    known = found.scores.filter(**wanted)["chance"].drop_nulls()
    return float(known[0]) if len(known) else None


def summary(found: Results) -> Html:
    """What came of the primary comparisons, in a sentence."""
    primary = [one for one in found.effects if one.primary]
    better, worse = (sum(one.said.second_better is way for one in primary) for way in (True, False))
    if not primary:
        return join(tag("strong", "There is no verdict: "), "no primary metric was scored in two arms.")
    if found.study.seeds < 2:
        return join("With one seed nothing is shown: a difference may be that of another seed.")
    return join(f"In {plural(len(primary), 'primary comparison')} an arm is shown to be better than arm ",
                tag("strong", found.study.arm[0].name), f" in {count(better)} and worse in {count(worse)}; in "
                f"{count(len(primary) - better - worse)} no difference is shown.")  # fmt: skip


def _how(seeds: int) -> str:
    if seeds < 2:
        return "There is no interval and no p value of one seed."
    small = "Three seeds or fewer see large effects alone. " if seeds <= 3 else ""
    return (
        f"{small}An interval is Student's t over seeds, paired: runs of one seed begin with the same weights and read "
        "in an order of the same seed. It covers other seeds on the same text and the same questions, and tells "
        "nothing of other text or other questions. P values are adjusted for all arms and primary metrics together "
        "(Holm). What is certain may be small, which is why its part of the first arm's score stands behind it."
    )


def _effects(found: Results) -> Html:
    """A forest a primary metric, the null arm not among them."""
    base = found.study.arm[0].name
    figures = []
    for wanted in dict.fromkeys(tuple(one.key.values()) for one in found.effects if one.primary):
        some = [one for one in found.effects if one.primary and tuple(one.key.values()) == wanted]
        title = f"{capital(metric_name(some[0].key))}: difference to arm {base}"
        figures.append(forest(some, title, _chance(found, some[0].key)))
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


def _runs(found: Results) -> Html:
    columns = [Column("Run"), Column("Seed", True), Column("Scores"), Column("Model"), Column("Card of the scores"),
               Column("Card of the training")]  # fmt: skip
    rows: Sequence[Sequence[Child]] = [
        [tag("span", row["folder"], id=f"run-{row['folder']}"), str(row["seed"]), code(row["scored"][:12]),
         code(row["model"][:12]), tag("a", f"scores/{row['folder']}", href=f"scores/{row['folder']}/card.json"),
         tag("a", row["model_folder"], href=f"{row['model_folder']}/card.json")]
        for row in found.runs.iter_rows(named=True)
    ]  # fmt: skip
    return join(note("The card of the scores names the model, the model's card its tokenizer and corpora, and the "
                     "corpus' card every file that was read."), table("Every run", columns, rows))  # fmt: skip
