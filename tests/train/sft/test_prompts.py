"""The wording of exam items: Chinese, English and CMExam's own."""

from __future__ import annotations

import pytest

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from train.sft.prompts import TEMPLATES, answer, conversation, question, template_of

ZH = ExamItem("cmexam:train:1", "cmexam", "train", "zh-Hans", "", "", "出血时应首先",
              ("观察", "加压包扎", "服药"), (1,), "加压包扎可止血。", "")  # fmt: skip
EN = ExamItem("pubmedqa:train:7", "pubmedqa", "train", "en", "", "We asked 40 people.", "Does tea help?",
              ("yes", "no", "maybe"), (0, 2), "", "7")  # fmt: skip


def test_a_chinese_item_is_asked_in_chinese() -> None:
    assert question(ZH) == "问题：出血时应首先\n选项：\nA. 观察\nB. 加压包扎\nC. 服药"
    assert answer(ZH) == "答案：B"


def test_an_english_item_is_asked_in_english_behind_its_context() -> None:
    assert question(EN) == ("Context: We asked 40 people.\nQuestion: Does tea help?\nOptions:\nA. yes\nB. no\nC. maybe")
    assert answer(EN) == "Answer: AC"
    assert answer(EN, form="letters-and-texts") == "Answer: AC yes; maybe"


def test_cmexams_own_wording() -> None:
    assert question(ZH, "cmexam") == "问题: 出血时应首先, \n 选项: A 观察\nB 加压包扎\nC 服药"
    record = conversation(ZH, "cmexam", "letters-and-texts")
    said = record.joined.join(part.text for part in record.messages[1].parts)
    assert said == "答案: B 加压包扎. \n 解释:加压包扎可止血。"


def test_an_explanation_is_a_part_of_its_own_and_missing_where_there_is_none() -> None:
    assert [part.kind for part in conversation(ZH).messages[1].parts] == ["answer", "reasoning"]
    assert [part.kind for part in conversation(EN).messages[1].parts] == ["answer"]
    assert conversation(EN).explainable
    assert not conversation(EN).reasoned


def test_an_item_of_unknown_language_is_asked_by_its_script() -> None:
    assert template_of(ZH._replace(language="und"), "auto") is TEMPLATES["zh"]
    assert template_of(EN._replace(language="und"), "auto") is TEMPLATES["en"]


def test_braces_and_percent_signs_of_a_question_are_text() -> None:
    assert "{options} {0} %s" in question(EN._replace(question="{options} {0} %s"))


def test_a_template_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UserError, match="no template"):
        template_of(EN, "latin")  # type: ignore[arg-type]
