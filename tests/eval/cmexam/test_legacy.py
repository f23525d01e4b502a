"""CMExam's two published scorers, by hand: what they count, drop and swap."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from eval.cmexam.legacy_gpt import gpt, parsed
from eval.cmexam.legacy_lora import NONE, answer, lora
from eval.cmexam.legacy_overlap import rouge_l_beta, rouge_sets, spaced
from eval.cmexam.overlap import rouge_l, rouge_n
from tests.eval.cmexam.items import OPTIONS, item

TEXTS = st.text("止血补钾 ", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("答案: B", "B"),
        ("B", "B"),
        ("应当加压包扎", "B"),  # by its text
        ("做CT后补钾", "C"),  # by the C of CT, and by its text
        ("做ECG", "CE"),  # by letters of a word
        ("不选A，选B", "AB"),  # no is not read
        ("答案：Ｂ", NONE),  # full-width letters are others
        ("先止血。\n解释: B", NONE),  # only the first line is read, as there is an explanation
        ("先止血。\nB", "B"),  # all is read, as there is none
        ("", NONE),
    ],
)
def test_lora_takes_each_letter_or_option_text_in_what_it_reads(text: str, expected: str) -> None:
    assert answer(text, OPTIONS) == expected


def test_lora_looks_for_the_first_word_of_an_option_only() -> None:
    assert answer("vitamin", ("vitamin K", "vitamin C")) == "AB"


def test_lora_holds_no_answer_wrong_and_counts_it() -> None:
    scores = lora([item("B", 1), item("B", 2)], ["B", "不知道"])
    assert (scores.accuracy, scores.unanswered, scores.correct) == (0.5, 1, (True, False))
    assert scores.weighted_f1 == pytest.approx(2 / 3)  # one class, found once of two: 2*1 / (2+1)


def test_lora_scores_characters_of_what_stands_between_two_marks_of_explanation() -> None:
    """Of the text 止血 is read: 2 characters of the reference's 4, of which 3 differ; BLEU-1 is exp(1 - 4/2)."""
    scores = lora([item("B", explanation="止血止痛")], ["答案: B\n解释:止血解释:补钾"]).explanations
    assert scores is not None
    assert scores.bleu_1 == pytest.approx(100 * math.exp(-1))
    assert scores.bleu_4 == 0
    assert scores.rouge[0] == pytest.approx(100 * 2 * 2 / 5)


def test_lora_leaves_items_without_a_reference_out_and_takes_no_text_for_three_characters() -> None:
    scores = lora([item("B", 1), item("B", 2, explanation="无补钾")], ["B", ""]).explanations
    assert scores is not None
    assert scores.bleu_1 == pytest.approx(100 / 3)
    assert lora([item("B")], ["B"]).explanations is None


@pytest.mark.parametrize(
    ("text", "answer", "explanation"),
    [
        ("答案：B，解释：先止血。", "B", "先止血。"),
        ("答案：B，解释：先止血，后补液", "B，解释：先止血", "先止血，后补液"),  # to the last comma
        ("答案：B,解释：先止血", "", ""),  # as its prompt asks for it, with a half-width comma
        ("答案：B，", "", ""),  # no explanation, no answer
        ("答案：B，\n解释：先止血", "", ""),  # two lines
        ("答案: B，解释：先止血", "", ""),  # a half-width colon
        ("答案：A,C，解释：先止血", "A,C", "先止血"),
    ],
)
def test_gpt_reads_one_line_of_one_form(text: str, answer: str, explanation: str) -> None:
    assert parsed(text) == (answer, explanation)


def test_gpt_leaves_items_it_cannot_read_out_so_that_one_right_of_three_is_all_right() -> None:
    scores = gpt([item("B", 1), item("B", 2), item("C", 3)], ["答案：B，解释：止血", "选A", "选A"])
    assert (scores.accuracy, scores.weighted_f1, scores.kept) == (1, 1, 1)
    assert scores.correct == (True, None, None)


def test_gpt_has_no_score_where_no_item_is_read_and_does_not_divide_by_none() -> None:
    scores = gpt([item("B")], ["B"])
    assert (scores.accuracy, scores.weighted_f1, scores.kept) == (None, None, 0)


def test_gpt_scores_words_of_left_out_items_too() -> None:
    """Words found: 1 of 1; of the references' 2 words one text says nothing: brevity exp(1 - 2/1)."""
    items = [item("B", 1, explanation="止血"), item("B", 2, explanation="补钾")]
    scores = gpt(items, ["答案：B，解释：止血", "B"], lambda text: [text] if text else [])
    assert scores.explanations is not None
    assert scores.explanations.bleu_1 == pytest.approx(100 * math.exp(-1))
    assert gpt(items, ["B", "B"]).explanations is None


def test_gpt_swaps_text_and_reference_so_that_precision_is_recall_and_f_stays() -> None:
    """Text 止血 (2), reference 止血补钾 (4), 2 in common: precision 1, recall 1/2; swapped 1/2 and 1."""
    one = item("B", explanation="止血补钾")
    swapped = gpt([one], ["答案：B，解释：止血"], list).explanations
    straight = lora([one], ["B\n解释:止血"]).explanations
    assert swapped is not None
    assert straight is not None
    assert (straight.precision[0], straight.recall[0]) == (100, 50)
    assert (swapped.precision, swapped.recall) == (straight.recall, straight.precision)
    assert swapped.rouge == pytest.approx(straight.rouge)


def test_published_rouge_counts_a_repeated_word_once() -> None:
    """止止止止 has of 止血 one different character of one, and four in all: 2*1 / (1+2) and not 2*1 / (4+2)."""
    assert rouge_sets("止止止止", "止血", 1).f == pytest.approx(2 / 3)
    assert rouge_n("止止止止", "止血", 1) == pytest.approx(1 / 3)


def test_published_rouge_l_is_below_the_usual_where_lengths_differ() -> None:
    """2 in common of 8 and 2: precision 1/4, recall 1, beta 1/4: 17/16 * 1/4 / (1 + 1/64) = 0.2615; F is 0.4."""
    assert rouge_l_beta("止血甲乙丙丁戊己", "止血").f == pytest.approx(17 / 65)
    assert rouge_l("止血甲乙丙丁戊己", "止血") == pytest.approx(0.4)


def test_two_empty_texts_have_an_empty_word_in_common() -> None:
    assert rouge_sets(spaced(""), spaced(""), 1).f == 1


@given(TEXTS, TEXTS)
def test_published_rouge_is_between_0_and_1_and_1_of_a_text_with_itself(one: str, other: str) -> None:
    for scores in (rouge_sets(one, other, 1), rouge_l_beta(one, other)):
        assert all(0 <= score <= 1 + 1e-12 for score in scores)
    assert rouge_l_beta(one, other).f <= rouge_l(one, other) + 1e-12
    assert [rouge_sets(one, one, 1).f, rouge_l_beta(one, one).f] == pytest.approx([1, 1])


@given(st.lists(st.sampled_from(["A", "BD", "ABCDE"]), min_size=1, max_size=6))
def test_both_find_what_is_written_in_their_form(letters: list[str]) -> None:
    items = [item(one, number) for number, one in enumerate(letters)]
    assert lora(items, [f"答案: {one}" for one in letters]).accuracy == 1
    assert gpt(items, [f"答案：{one}，解释：甲" for one in letters]).accuracy == 1


@pytest.mark.parametrize("scorer", [lora, gpt])
def test_a_text_missing_is_refused(scorer: object) -> None:
    assert callable(scorer)
    with pytest.raises(UserError, match="1 items and 0 predictions"):
        scorer([item("A")], [])
