"""BLEU and ROUGE by hand, and what holds for any text."""

from __future__ import annotations

import marshal
import math
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from eval.cmexam.overlap import bleu_counts, corpus_bleu, overlap, rouge_l, rouge_n, sentence_bleu, words

TEXTS = st.text("止血补钾输液", min_size=1, max_size=30)


def test_an_n_gram_counts_as_often_as_the_reference_has_it() -> None:
    """Papineni et al., example 2: seven times "the" against a reference with two is a precision of 2/7."""
    counts = bleu_counts(["the"] * 7, "the cat is on the mat".split())
    assert counts[0] == 2
    assert counts[4] == 7


def test_bleu_of_a_corpus_divides_sums_and_is_no_mean_of_items() -> None:
    """Unigrams 4 of 4 and 0 of 4: 4/8; bigrams 3 of 3 and 0 of 3: 3/6; lengths are equal."""
    found = overlap(["止血补钾", "甲乙丙丁"], ["止血补钾", "戊己庚辛"])
    assert found.bleu[:2] == pytest.approx((0.5, 0.5))


def test_a_short_text_pays_for_its_brevity() -> None:
    assert overlap(["止血"], ["止血补钾"]).bleu[0] == pytest.approx(math.exp(1 - 4 / 2))


def test_bleu_of_the_corpus_is_0_where_an_order_has_no_match_and_that_of_the_item_is_not() -> None:
    """Item: unigrams 2 of 3, bigrams (0+1) of (2+1), trigrams 1 of 2, four-grams (0+1) of (0+1)."""
    found = overlap(["止补血"], ["止血钾"])
    assert found.bleu[1] == 0
    assert found.sentence_bleu[0, 3] == pytest.approx((2 / 3 * 1 / 3 * 1 / 2) ** 0.25)


def test_rouge_by_hand() -> None:
    """止血止痛 and 止血止血: characters in common 2 + 1, of 4 and 4; pairs 止血, 血止, of 3 and 3; in order 止血止."""
    ours, theirs = list("止血止痛"), list("止血止血")
    assert [rouge_n(ours, theirs, 1), rouge_n(ours, theirs, 2), rouge_l(ours, theirs)] == pytest.approx(
        [3 / 4, 2 / 3, 3 / 4]
    )


def test_an_empty_text_scores_0() -> None:
    found = overlap([""], ["止血"])
    assert sum(found.bleu) == 0
    assert np.count_nonzero(found.rouge) + np.count_nonzero(found.sentence_bleu) == 0


def test_characters_leave_spaces_out_and_words_follow_their_segmenter() -> None:
    assert overlap(["止 血"], ["止血"]).means == pytest.approx((1, 1, 1))
    assert overlap(["止 血"], ["止血"], str.split).means == pytest.approx((0, 0, 0))


def test_counts_of_items_drawn_again_give_the_bleu_of_that_sample() -> None:
    texts, references = ["止血补钾", "甲乙丙丁"], ["止血补钾", "甲乙丙丁戊"]
    found = overlap(texts, references)
    drawn = overlap([texts[1]] * 2, [references[1]] * 2)
    assert corpus_bleu(found.counts[[1, 1]]) == pytest.approx(drawn.bleu[3])


@given(TEXTS)
def test_a_text_is_wholly_in_itself(text: str) -> None:
    found = overlap([text], [text])
    assert found.means == pytest.approx((1, 1, 1))
    assert found.sentence_bleu == pytest.approx(np.ones((1, 4)))
    assert found.bleu == pytest.approx([float(len(text) >= order) for order in (1, 2, 3, 4)])


@given(TEXTS, TEXTS)
def test_scores_are_between_0_and_1_and_rouge_is_the_same_either_way(one: str, other: str) -> None:
    found, back = overlap([one], [other]), overlap([other], [one])
    for scores in (found.bleu, found.sentence_bleu, found.rouge):
        assert np.all((np.asarray(scores) >= 0) & (np.asarray(scores) <= 1 + 1e-12))
    assert found.rouge == pytest.approx(back.rouge)


@given(TEXTS, TEXTS)
def test_bleu_1_of_an_item_is_the_same_smoothed_or_not(one: str, other: str) -> None:
    counts = np.array(bleu_counts(one, other))
    assert sentence_bleu(counts, 1) == pytest.approx(corpus_bleu(counts[None], 1))


def test_an_empty_reference_is_refused_with_its_number() -> None:
    with pytest.raises(UserError, match="reference 2"):
        overlap(["止血", "止血"], ["止血", " "])


def test_words_without_their_segmenter_name_the_extra_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(UserError, match=r"\[train\]"):
        words()


def test_words_are_those_of_jieba_without_spaces() -> None:
    assert words()("糖尿病 患者使用抗生素治疗") == ["糖尿病", "患者", "使用", "抗生素", "治疗"]


def test_a_dictionary_that_another_user_left_among_temporary_files_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """jieba would load it: marshalled frequencies, of this dictionary or of any other."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    planted = tmp_path / "jieba.cache"
    planted.write_bytes(marshal.dumps(({"糖尿": 10**9, "病患": 10**9, "者": 1}, 2 * 10**9)))
    os.utime(planted, (2**32, 2**32))
    assert words()("糖尿病患者") == ["糖尿病", "患者"]
    assert [one.name for one in tmp_path.iterdir()] == ["jieba.cache"]
