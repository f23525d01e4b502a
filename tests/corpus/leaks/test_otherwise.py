"""Another spelling of a unit makes no other question; another number or a negation does."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.annotate.exam_overlap import found
from corpus.exams.item import ExamItem
from tests.corpus.leaks.conftest import index
from tests.corpus.leaks.made import CHINESE, ENGLISH, lettered, page

HAN = CHINESE._replace(
    id="made:test:u1",
    question="患者男，45岁，灯塔管理员，视物重影3天，脉搏96次/分，白细胞12×10/L，左侧灯塔反射减弱，最可能的诊断为",
)
LATIN = ENGLISH._replace(
    id="made:test:u2",
    question="A 52-year-old lighthouse keeper has a burning pain in both heels, a pulse of 96 beats per minute and a "
    "white count of 12 x 10 per litre. Which of the following plants caused the rash?",
)


@pytest.mark.parametrize(
    ("item", "old", "new", "same"),
    [(HAN, "45岁", "45周岁", True), (HAN, "次/分", "次每分", True), (HAN, "次/分", "bpm", True), (HAN, "×", "x", True),
     (HAN, "×", "*", True), (LATIN, "96 beats per minute", "96/min", True),
     (LATIN, "96 beats per minute", "96 bpm", True),
     (LATIN, "52-year-old", "52 year old", True), (HAN, "45岁", "54周岁", False), (HAN, "96次/分", "69次每分", False),
     (LATIN, "has a burning", "has no burning", False), (LATIN, "96 beats per minute", "69/min", False)],
)  # fmt: skip
def test_a_unit_in_another_spelling(tmp_path: Path, item: ExamItem, old: str, new: str, same: bool) -> None:
    assert old in item.question
    text = page(f"{item.question.replace(old, new)}\n{lettered(item.options)}", language=item.language)
    assert bool(found([text], [None], index(tmp_path / "index", item))[0]) is same


def test_a_negation_does_count_beside_a_unit(tmp_path: Path) -> None:
    question = HAN.question.replace("45岁", "45周岁").replace("左侧灯塔反射减弱", "左侧灯塔反射未减弱")
    text = page(f"{question}\n{lettered(HAN.options)}", language="zh")
    assert not [leak for leak in found([text], [None], index(tmp_path / "index", HAN))[0] if leak.part == "question"]
