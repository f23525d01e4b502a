"""A question that goes on in the text is another one: type II is not type I, and "is not" is not "is"."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.annotate.exam_overlap import found
from corpus.exams.item import ExamItem
from tests.corpus.leaks.conftest import index
from tests.corpus.leaks.made import CHINESE, CHINESE_SHORT, ENGLISH, SHORT, lettered, page

LONG_TYPE = "The burning pain in both heels of lighthouse keepers on night duty is a sign of lamp palsy type I"


@pytest.mark.parametrize(
    ("item", "question", "there", "same"),
    [(SHORT, "The lamp palsy is of type I", "The lamp palsy is of type I", True),
     (SHORT, "The lamp palsy is of type I", "The lamp palsy is of type II", False),
     (SHORT, "The lamp palsy is of type I", "The lamp palsy is of type IV", False),
     (ENGLISH, LONG_TYPE, LONG_TYPE + "I", False), (ENGLISH, LONG_TYPE, LONG_TYPE + "V", False),
     (ENGLISH, LONG_TYPE, LONG_TYPE, True), (ENGLISH, ENGLISH.question[:-1], ENGLISH.question[:-1] + "s", True),
     (ENGLISH, "Typical keeper's palsy begins with a burning pain in both heels on the left side", "Atypical keeper's "
      "palsy begins with a burning pain in both heels on the left side", False),
     (SHORT, "Crescendo lamp palsy is", "Crescendo lamp palsy is not", False),
     (SHORT, "Crescendo lamp palsy is", "Crescendo lamp palsy is", True),
     (SHORT, "Crescendo lamp palsy is", "Crescendo lamp palsy is:\nNo lamp", True),
     (SHORT, "Signs of lamp palsy are all", "Signs of lamp palsy are all except", False),
     (CHINESE_SHORT, "Ⅰ型港口热的首发症状", "Ⅰ型港口热的首发症状", True),
     (CHINESE_SHORT, "Ⅰ型港口热的首发症状", "Ⅱ型港口热的首发症状", False),
     (CHINESE_SHORT, "Ⅰ型港口热的首发症状", "II型港口热的首发症状", False),
     (CHINESE_SHORT, "Ⅰ型港口热的首发症状", "Ⅲ型港口热的首发症状", False),
     (CHINESE_SHORT, "首发症状为港口热Ⅰ", "首发症状为港口热Ⅱ", False),
     (CHINESE, CHINESE.question + "海雾", CHINESE.question + "海雾不", False)],
)  # fmt: skip
def test_it_goes_on(tmp_path: Path, item: ExamItem, question: str, there: str, same: bool) -> None:
    item = item._replace(id="made:test:g", question=question)
    text = page(f"{there}\n{lettered(item.options)}", language=item.language)
    leaks = found([text], [None], index(tmp_path / "index", item))[0]
    assert any(leak.part == "question" for leak in leaks) is same
