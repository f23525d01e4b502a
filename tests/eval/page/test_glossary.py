"""The words of the pages: each way of asking and each metric has a meaning, and only those in use are told."""

from __future__ import annotations

from eval.generate.answer_tasks import GENERATED
from eval.page.glossary import COMPARISON, STUDY, WORDS, glossary
from eval.run.scores import metrics_of
from eval.tasks.question import CLOZE, LETTERS, SUBSETS
from tests.train.page.test_page import Read

NOT_SHOWN = {"accuracy_characters"}  # told with bytes


def test_every_metric_and_way_of_asking_has_a_meaning() -> None:
    for formulation in (LETTERS, CLOZE, SUBSETS, GENERATED):
        assert formulation in WORDS
        assert {metric.name for metric in metrics_of(formulation)} - NOT_SHOWN <= set(WORDS)
    assert {*STUDY, *COMPARISON, "f1"} <= set(WORDS)


def test_only_what_is_used_is_told() -> None:
    told = glossary({"bits_per_byte", "cloze", "unheard of"})
    assert told is not None
    text = Read(str(told)).text
    assert "written as it stands takes 8" in text
    assert "each is read after the question" in text
    assert "likeliest set of letters" not in text
    assert glossary({"unheard of"}) is None
