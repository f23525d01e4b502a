"""What is read in an answer, explanation by explanation, and the scores of all of them together."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cmexam.answers import AMBIGUOUS, EMPTY, NO_LETTERS, REASONS, parse, unread
from eval.cmexam.differences import IN_PROSE, LINES, differences
from eval.cmexam.strict import weighted_f1
from eval.generate.answer_tasks import counted
from eval.generate.greedy import TURN, Answer
from eval.generate.rows import rows
from eval.generate.scores import answer_scores, metrics_of
from tests.eval.cmexam.items import OPTIONS, item

EXPLAINED = "加压包扎可止血"


def answer(text: str, ended: bool = True) -> Answer:
    return Answer(text, 5, ended)


def table(*pairs: tuple[str, str], explanation: str = EXPLAINED) -> pl.DataFrame:
    """Rows of items with these right letters and texts."""
    items = [item(letters, number, explanation=explanation) for number, (letters, _) in enumerate(pairs)]
    found = rows(items, [9] * len(items), [answer(text) for _, text in pairs], True, None)
    return found.select(pl.lit("cmexam").alias("task"), pl.all())


def test_each_scorer_reads_the_text_its_own_way_and_the_row_says_why() -> None:
    texts = ("答案：B，解释：先止血", "不选A，选B。", "答案：B\n解释：先止血", "不知道")
    found = table(*zip("BBBC", texts, strict=True))
    assert found["strict"].to_list() == ["B", "B", "B", None]
    assert found["lora"].to_list() == ["B", "AB", "B", None]
    assert found["gpt"].to_list() == ["B", None, None, None]
    assert found["correct_strict"].to_list() == [True, True, True, False]
    assert found["correct_lora"].to_list() == [True, False, True, False]
    assert found["correct_gpt"].to_list() == [True, None, None, None]
    assert found["failed_gpt"].to_list() == [False, True, True, True]
    assert found["unread"].to_list() == [None, None, None, NO_LETTERS]
    assert IN_PROSE in found["causes"][1]
    assert found["causes"][2].to_list() == [LINES]
    assert found["explanation"].to_list()[:3] == ["先止血", "不选A，选B。", "先止血"]


def test_an_exam_that_the_published_scorers_were_not_made_for_is_read_by_ours_alone() -> None:
    other = item("B")._replace(exam="medqa-us", explanation="")
    found = rows([other], [9], [answer("Answer: B")], True, None)
    assert found["correct_strict"].to_list() == [True]
    for name in ("correct_lora", "failed_lora", "correct_gpt", "causes", "rouge_l_characters"):
        assert found[name].null_count() == 1, name


def test_explanations_are_compared_on_words_where_there_is_something_that_cuts_them() -> None:
    items = [item("B", explanation="甲乙丙丁")]

    def pairs(text: str) -> list[str]:
        return [text[at : at + 2] for at in range(0, len(text), 2)]

    found = rows(items, [9], [answer("答案：B\n解释：甲乙丁丙")], True, pairs)
    # Four characters, of which three stand in order; two words, of which the first is there.
    assert found["rouge_l_characters"].to_list() == [pytest.approx(3 / 4)]
    assert found["rouge_1_words"].to_list() == [pytest.approx(1 / 2)]
    assert found["counts_words"].to_list() == [[1, 0, 0, 0, 2, 1, 0, 0, 2, 2]]
    without = rows(items, [9], [answer("答案：B\n解释：甲乙丁丙")], True, None)
    assert without["rouge_1_words"].null_count() == without["counts_words"].null_count() == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", EMPTY), (" \n ", EMPTY), ("不知道", NO_LETTERS), ("答案：A或B", AMBIGUOUS), ("答案：Z", AMBIGUOUS),
     ("A\nB", AMBIGUOUS), ("答案：A\n答案：B", AMBIGUOUS)],
)  # fmt: skip
def test_why_nothing_was_read_is_told(text: str, reason: str) -> None:
    assert parse(text, OPTIONS) is None
    assert unread(text) == reason


@given(st.text("AＢC答案：，解释: 选或\n补钾CT", max_size=25))
def test_every_text_without_an_answer_has_a_reason(text: str) -> None:
    found = rows([item("B")], [9], [answer(text)], True, None)
    assert (found["unread"].to_list()[0] in REASONS) == found["failed_strict"].to_list()[0]


WRITTEN = ("答案：B，解释：加压", "答案：A，解释：止血", "B", "不知道", "答案：BD，解释：包扎，止血", "选C")
TEXTS = st.sampled_from(WRITTEN)


@given(st.lists(st.tuples(st.sampled_from(["A", "B", "BD"]), TEXTS), min_size=2, max_size=12))
def test_scores_are_those_of_the_scorers_themselves_and_lie_within_their_intervals(
    pairs: list[tuple[str, str]],
) -> None:
    items = [item(letters, number) for number, (letters, _) in enumerate(pairs)]
    expected = differences(items, [text for _, text in pairs])
    scores = answer_scores(table(*pairs), 200, 0)
    found = {row["metric"]: row for row in scores.iter_rows(named=True)}
    assert found["accuracy"]["value"] == pytest.approx(expected.strict.accuracy)
    assert found["f1"]["value"] == pytest.approx(expected.strict.weighted_f1)
    assert found["failed"]["value"] == pytest.approx(expected.strict.failed)
    assert found["accuracy_lora"]["value"] == pytest.approx(expected.lora.accuracy)
    assert found["f1_lora"]["value"] == pytest.approx(expected.lora.weighted_f1)
    if expected.gpt.kept:
        assert found["accuracy_gpt"]["value"] == pytest.approx(expected.gpt.accuracy)
        assert found["f1_gpt"]["value"] == pytest.approx(expected.gpt.weighted_f1)
        assert found["accuracy_gpt"]["n"] == expected.gpt.kept
    else:
        assert "accuracy_gpt" not in found
    for row in found.values():
        assert row["low"] <= row["value"] <= row["high"] or math.isclose(row["low"], row["value"]), row


def test_the_card_counts_what_was_not_read_and_why() -> None:
    found = table(("B", "答案：B\n解释：先止血"), ("B", "不知道"), ("B", ""))
    told = counted(found)["cmexam"]
    assert told["failed"] == {"strict": 2, "lora": 2, "gpt": 3}
    assert told["unread"] == {NO_LETTERS: 1, EMPTY: 1}
    assert told["causes"] == {LINES: 1}
    assert told["read_otherwise"] == 1


def test_what_a_model_asks_itself_in_the_plain_template_is_no_part_of_its_answer() -> None:
    text = "答案：B\n解释：先止血\n\nUser:\n问题：出血时\n\nAssistant:\n答案：C"
    turn = TURN.search(text)
    assert turn is not None
    assert text[: turn.start()] == "答案：B\n解释：先止血"
    assert TURN.search("User: of drugs\n\nSystem failure:\n") is None


def test_an_unweighted_class_of_no_answer_is_never_right() -> None:
    found = {row["metric"]: row["value"] for row in answer_scores(table(("A", ""), ("B", "B")), 200, 0).to_dicts()}
    assert found["f1"] == pytest.approx(weighted_f1(["A", "B"], ["", "B"]))


@pytest.mark.parametrize("explanation", [EXPLAINED, ""])
def test_what_is_said_to_be_scored_of_written_answers_is(explanation: str) -> None:
    scores = answer_scores(table(*[("B", text) for text in WRITTEN], explanation=explanation), 200, 0)
    assert set(scores["metric"]) == set(metrics_of(published=True, explained=bool(explanation), words=False))
    assert set(metrics_of(False, False, False)) == {"accuracy", "f1", "failed", "ended"}
