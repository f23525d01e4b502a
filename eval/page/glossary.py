"""What the words of these pages mean, for a reader who meets them for the first time: those that a page uses.

Used by `eval/run/page.py`, `eval/compare/page.py` and `eval/study/page.py`, which name the metrics and the ways of
asking that stand on them.
"""

from __future__ import annotations

from collections.abc import Iterable

from corpus.report.html import Html
from eval.page.whole import facts, folded

NULL_ARM = "null arm"
STUDY = ("arm", "seed", NULL_ARM, "Holm's correction", "95 % interval")
COMPARISON = ("Holm's correction", "95 % interval")
WORDS = {
    "bits_per_byte": ("bits per byte", "How many bits a model needs for a byte of text. Fewer are better; a byte "
                      "written as it stands takes 8. It does not depend on how a tokenizer cuts text."),
    "accuracy": ("accuracy", "The share of questions whose right answer the model held for the likeliest."),
    "probability": ("probability", "That of the right answer, when those of all options add up to 1: it may move where "
                    "accuracy does not yet."),
    "accuracy_bytes": ("by byte", "An option is chosen by its likelihood a byte, so that long ones are not at a "
                       "disadvantage. By characters is the same a character."),
    "accuracy_pmi": ("by PMI", "An option is chosen by how much likelier the question makes it."),
    "f1": ("F1", "Of every set of answers how well it is told from the others, weighted by how often it is right."),
    "letters": ("letters", "The options are listed, and the likeliest of their letters is the answer."),
    "cloze": ("cloze", "The options are not listed: each is read after the question, and the likeliest is the answer."),
    "subsets": ("subsets", "Several options may be right, and the likeliest set of letters is the answer."),
    "choice": ("choice", "A head on the model, trained for it, chooses among the options."),
    "generated": ("generated", "The model writes, and its answer is read from what it wrote."),
    "arm": ("arm", "One way of doing it. Arms differ in what is asked about, and in nothing else that was set."),
    "seed": ("seed", "The number by which first weights and the order of reading are drawn. As many seeds, as many "
             "independent runs of each arm."),
    NULL_ARM: (NULL_ARM, "The first arm again from other seeds: whatever is claimed of it is a false alarm."),
    "Holm's correction": ("Holm's correction", "P values made larger by how many comparisons there are, so that all of "
                          "them together raise a false alarm in no more than 5 of 100 such pages."),
    "95 % interval": ("95 % interval", "Were all of it done again and again, 95 of 100 such intervals would hold the "
                      "true value."),
}  # fmt: skip


def glossary(used: Iterable[str]) -> Html | None:
    """The words, folded away; of what is used those that are known, in the order of WORDS. None where none is."""
    there = set(used)
    told = [words for name, words in WORDS.items() if name in there]
    return folded("What the words mean", facts(told)) if told else None
