"""Prompts are those of lm-evaluation-harness, letter by letter, with examples and without."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.exams.read import read_exam
from eval.tasks.ask import Wording, questions, subsets
from eval.tasks.question import CLOZE, LETTERS, SUBSETS
from tests.eval.harness import harness_task, prompts

WORDS = ["Which drug lowers ${n} mmHg?", "What rusts in wet air, {n}?", 'A {n}-year-old has "fever"; what next?']


def lists(number: int) -> list[str]:
    return [f"iron {number}", "gold, as leaf", "“tin”", f"zinc\t{number}"]


def english(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Rows as the hub has them for each English exam, one question in all forms."""
    made = []
    for number in range(first, first + count):
        question, options = WORDS[number % 3].replace("{n}", str(number)), lists(number)
        made.append({
            "id": f"m{number}", "question": question, "choices": options, "answer": number % 4, "cop": number % 4,
            "subject_name": "Medicine", "exp": "", "sent1": question, "label": number % 4,
            **{f"op{letter}": option for letter, option in zip("abcd", options, strict=True)},
            **{f"ending{place}": option for place, option in enumerate(options)},
        })  # fmt: skip
    return made


def read(form: str, file: Path, content: str) -> list[ExamItem]:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return read_exam(form, file)


def ours(
    items: list[ExamItem], wording: Wording, examples: list[ExamItem] | None = None
) -> list[tuple[str, list[str]]]:
    return [(one.context, list(one.continuations)) for one in questions(items, wording, examples or [])]


def test_medmcqa_is_asked_as_the_harness_asks_it(tmp_path: Path) -> None:
    rows = english(6)
    lines = "\n".join(json.dumps({**row, "cop": row["cop"]}) for row in rows)
    items = read("medmcqa-from-0", tmp_path / "dev.jsonl", lines)
    assert ours(items, Wording("medmcqa", LETTERS)) == prompts(harness_task("medmcqa", rows))


def test_medqa_is_asked_as_the_harness_asks_it(tmp_path: Path) -> None:
    rows = english(6)
    lines = "\n".join(
        json.dumps({"question": row["question"], "options": dict(zip("ABCD", row["choices"], strict=True)),
                    "answer_idx": "ABCD"[row["answer"]], "answer": row["choices"][row["answer"]]})
        for row in rows
    )  # fmt: skip
    items = read("medqa-us", tmp_path / "test.jsonl", lines)
    assert ours(items, Wording("medqa-us", LETTERS)) == prompts(harness_task("medqa-us", rows))


def test_pubmedqa_is_asked_as_the_harness_asks_it(tmp_path: Path) -> None:
    rows = {
        str(number): {"QUESTION": f"Does {number} help?", "CONTEXTS": [f"We gave {number}.", "It helped 3.5%."],
                      "LONG_ANSWER": "Yes.", "final_decision": ("yes", "no", "maybe")[number % 3]}
        for number in range(5)
    }  # fmt: skip
    items = read("pubmedqa", tmp_path / "test.json", json.dumps(rows))
    assert ours(items, Wording("pubmedqa", LETTERS)) == prompts(harness_task("pubmedqa", list(rows.values())))


@pytest.mark.parametrize("shots", [0, 1, 5])
def test_mmlu_is_asked_as_the_harness_asks_it(tmp_path: Path, shots: int) -> None:
    def table(name: str, rows: list[dict[str, Any]]) -> list[ExamItem]:
        file = tmp_path / name
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([row["question"], *row["choices"], "ABCD"[row["answer"]]] for row in rows)
        return read_exam("mmlu", file)

    rows, shown = english(4), english(5, 50)
    items, examples = table("anatomy_test.csv", rows), table("anatomy_dev.csv", shown)
    task = harness_task("mmlu", rows, shown, "anatomy", shots)
    assert ours(items, Wording("mmlu", LETTERS, shots), examples) == prompts(task)
    assert prompts(task)[0][0].startswith("The following are multiple choice questions (with answers) about anatomy.")


@pytest.mark.parametrize("exam", ["cmmlu", "ceval"])
@pytest.mark.parametrize("shots", [0, 5])
def test_chinese_exams_by_subject_are_asked_as_the_harness_asks_them(tmp_path: Path, exam: str, shots: int) -> None:
    question, answer = ("Question", "Answer") if exam == "cmmlu" else ("question", "answer")
    subject = "anatomy" if exam == "cmmlu" else "physician"

    def table(split: str, first: int, count: int) -> tuple[list[dict[str, str]], list[ExamItem]]:
        rows = [{"id": str(n), question: f"下列哪项是第{n}条？", **dict(zip("ABCD", lists(n), strict=True)),
                 answer: "ABCD"[n % 4]} for n in range(first, first + count)]  # fmt: skip
        file = tmp_path / f"{subject}_{split}.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return rows, read_exam(exam, file)

    rows, items = table("val", 0, 4)
    shown, examples = table("dev", 50, 5)
    task = harness_task(exam, rows, shown, subject, shots)
    assert ours(items, Wording(exam, LETTERS, shots), examples) == prompts(task)
    assert "选择题" in prompts(task)[0][0]


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
