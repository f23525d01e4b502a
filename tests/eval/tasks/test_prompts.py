"""Prompts are those of lm-evaluation-harness, letter by letter, with examples and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from eval.tasks.ask import Wording, questions, subsets
from eval.tasks.question import CLOZE, LETTERS, SUBSETS
from tests.eval.harness import harness_task, prompts
from tests.eval.invented import EXAMS, SUBJECTS, invented


@pytest.mark.parametrize("exam", EXAMS)
@pytest.mark.parametrize("shots", [0, 1, 5])
def test_every_exam_is_asked_as_the_harness_asks_it(exam: str, shots: int, tmp_path: Path) -> None:
    if shots and exam not in SUBJECTS:
        pytest.skip("the harness draws examples of this exam by chance, and we list them")
    made = invented(exam, tmp_path)
    task = harness_task(exam, made.rows, made.shown, made.subject, shots)
    asked = questions(made.items, Wording(exam, LETTERS, shots), made.examples)
    assert [(one.context, list(one.continuations)) for one in asked] == prompts(task)
    if exam in SUBJECTS:
        begins = {"mmlu": "The following are multiple choice questions (with answers) about anatomy.",
                  "cmmlu": "以下是关于解剖学的单项选择题", "ceval": "以下是中国关于医师资格的单项选择题"}  # fmt: skip
        assert prompts(task)[0][0].startswith(begins[exam])


ITEM = ExamItem(
    "cmexam:test:7", "cmexam", "test", "zh-Hans", "", "", "贫血时应补充", ("铁", "锌", "钙"), (0, 2), "", ""
)


def test_several_right_answers_are_asked_for_as_sets_ended_by_a_line_break() -> None:
    (one,) = questions([ITEM], Wording("cmexam", SUBSETS))
    assert one.context == "问题：贫血时应补充\n选项：\nA. 铁\nB. 锌\nC. 钙\n答案："
    assert one.continuations == (" A\n", " B\n", " C\n", " AB\n", " AC\n", " BC\n", " ABC\n")
    assert [one.continuations[place] for place in one.right] == [" AC\n"]
    assert len(list(subsets("ABCDE"))) == 31


def test_cloze_lists_no_option_and_scores_their_texts() -> None:
    (one,) = questions([ITEM], Wording("cmexam", CLOZE))
    assert one.context == "问题：贫血时应补充\n答案："
    assert one.continuations == (" 铁", " 锌", " 钙")
    assert (one.right, one.characters, one.bytes) == ((0, 2), (1, 1, 1), (3, 3, 3))


def test_an_example_shows_its_answer_and_what_is_shared_is_the_same_for_all() -> None:
    shown = ITEM._replace(id="cmexam:train:1", question="缺碘可致", answers=(1,))
    made = list(questions([ITEM, ITEM._replace(id="cmexam:test:8")], Wording("cmexam", SUBSETS, 1), [shown]))
    assert made[0].shared == made[1].shared == "问题：缺碘可致\n选项：\nA. 铁\nB. 锌\nC. 钙\n答案： B\n\n"


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(UserError, match="no formulation 'letter'"):
        list(questions([ITEM], Wording("cmexam", "letter")))
    with pytest.raises(UserError, match="5 examples are to stand before each question, and there are 0") as caught:
        list(questions([ITEM], Wording("cmexam", SUBSETS, 5)))
    assert caught.value.where == ITEM.id
    with pytest.raises(UserError, match="1 examples are asked themselves, the first is cmexam:test:7"):
        list(questions([ITEM], Wording("cmexam", SUBSETS, 1), [ITEM]))
