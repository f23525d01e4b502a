"""The verdict of a study on its page: what is shown stands first, and what is not is folded away where it is much.

Takes `Results` (`eval/study/results.py`); gives the first section to `eval/study/page.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import note
from corpus.report.wording import count, plural
from eval.page.glossary import NULL_ARM, STUDY, glossary
from eval.page.whole import folded
from eval.study.budget import missed
from eval.study.results import Effect, Results
from eval.study.runs_section import made_of
from eval.study.seeds_before import added
from eval.study.shuffled import told as shuffled
from eval.study.starts import starts
from eval.study.stretches import stretches

MANY = 3  # sentences of no difference, of which more are folded away: a screen of a phone
OTHERS = 3  # arms from which on some are not compared with each other
OTHER_FIRST = (
    "Every arm is compared with the first of the study alone. To compare them with another arm, write its [[arm]] "
    "table first, and give the same command with --replace, which makes anew what that changes, as the null arm."
)


def verdict_section(found: Results) -> Html:
    """The section."""
    alarm = _alarm(found)
    warned = [tag("p", one, class_="warning") for one in (alarm, missed(found.study, found.runs),
              added(found.study.seeds, found.before)) if one]  # fmt: skip
    read = stretches(found.runs)
    rate = shuffled(found.shuffled, len(found.study.arm), found.study.seeds, not found.unscored)
    return join(tag("p", summary(found)), warned, _told(found), note(read) if read else None,
                note(OTHER_FIRST) if len(found.study.arm) >= OTHERS else None, None if alarm else note(_null(found)),
                note(rate), note(_how(found)), _words(found),
                )  # fmt: skip


def _told(found: Results) -> Html:
    """The sentences, each with what it was made of; those in which nothing is shown last."""
    primary = [one for one in found.effects if one.primary]
    shown, rest = ([one for one in primary if (one.said.second_better is not None) == way] for way in (True, False))
    base = found.study.arm[0].name
    others = _sentences(base, rest)
    if len(rest) > MANY:
        others = folded(f"{plural(len(rest), 'sentence')} of no difference", others)
    lacking = tag("ul", [tag("li", tag("strong", one)) for one in found.unscored], class_="verdict")
    return join(_sentences(base, shown, "shown"), lacking if found.unscored else None, others)


def _sentences(base: str, effects: Sequence[Effect], kind: str = "") -> Html | None:
    if not effects:
        return None
    return tag("ul", [tag("li", tag("span", one.said.sentence, class_=kind or None), " ", made_of(base, [one]))
                      for one in effects], class_="verdict")  # fmt: skip


def _alarm(found: Results) -> Child:
    """What was claimed of the null arm."""
    if not found.false_alarms:
        return None
    claimed = " ".join(one.said.sentence for one in found.false_alarms)
    return join(tag("strong", "A false alarm: believe the verdict less. "), "The null arm, which differs from the "
                "first in nothing but its seeds, was claimed to differ: ", claimed, " ",
                made_of(found.study.arm[0].name, found.false_alarms))  # fmt: skip


def _null(found: Results) -> str:
    if not found.study.null:
        return "There is no null arm, so that nothing tells whether the comparison itself raises false alarms."
    if not found.null_tested:
        return "Not tested: the null arm has no primary score that could be held beside the first arm's."
    return "Of the null arm, which differs from the first in nothing but its seeds, nothing is claimed."


def _words(found: Results) -> Html | None:
    primary = [part for one in found.study.primary for part in (one.metric, one.formulation)]
    return glossary([*primary, *(word for word in STUDY if found.study.null or word != NULL_ARM)])


def summary(found: Results) -> Html:
    """What came of the primary comparisons, in a sentence."""
    primary = [one for one in found.effects if one.primary]
    better, worse = (sum(one.said.second_better is way for one in primary) for way in (True, False))
    base = found.study.arm[0].name
    if not primary:
        return join(tag("strong", "There is no verdict: "), "no primary metric was scored in two arms.")
    if found.study.seeds < 2:
        return join("With one seed nothing is shown: a difference may be that of another seed.")
    alone = " The others are not compared with each other." if len(found.study.arm) >= OTHERS else ""
    return join(f"In {plural(len(primary), 'primary comparison')} an arm is shown to be better than arm ",
                tag("strong", base), f" in {count(better)} and worse in {count(worse)}; in "
                f"{count(len(primary) - better - worse)} no difference is shown.{alone}")  # fmt: skip


def _how(found: Results) -> str:
    seeds = found.study.seeds
    if seeds < 2:
        return "There is no interval and no p value of one seed."
    small = "Three seeds or fewer see large effects alone. " if seeds <= 3 else ""
    return (
        f"{small}An interval is Student's t over seeds, paired: runs of one seed {starts(found.runs)}. It covers other "
        "seeds on the same text and the same questions, and tells nothing of other text or other questions. P values "
        "are adjusted for all arms and primary metrics together (Holm). What is certain may be small, which is why its "
        "part of the first arm's score stands behind it. A number of seeds that is suggested is for a new study: "
        "adding seeds until something is shown raises false alarms."
    )
