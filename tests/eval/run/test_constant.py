"""What always giving the most frequent answer gets: by hand, in the table of scores, in print and on the page."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from corpus.exams.item import ExamItem
from eval.run.constant import constant
from eval.run.measure_bits import BITS
from eval.run.printed import always_same, score_table
from eval.run.rows import row, table
from eval.run.score_pictures import whole_tasks
from eval.run.score_tasks import TASK
from eval.run.scores import scores
from eval.tasks.ask import Wording, questions
from eval.tasks.question import CLOZE, LETTERS, SUBSETS

ANSWERS = pl.Series([[0], [0], [0], [1], [0, 2]], dtype=pl.List(pl.UInt8))


def scored(
    formulation: str, answers: list[tuple[int, ...]], form: str = "cmexam", task: str = "cmexam"
) -> pl.DataFrame:
    """Scores of a model for which everything is equally likely, so that it names the first of all."""
    options = ("yes", "no", "maybe") if form == "pubmedqa" else ("铁", "锡", "锌", "金", "银")
    items = [ExamItem(f"e:{number}", form, "test", "zh", f"s{number % 2}", "", f"题{number}", options, right, "", "")
             for number, right in enumerate(answers)]  # fmt: skip
    rows = []
    for item, asked in zip(items, questions(items, Wording(form, formulation)), strict=True):
        some = len(asked.continuations)
        rows.append(row(item, asked, [-1.0] * some, [-1.0] * some, [1] * some))
    named = {"task": task, "formulation": formulation, "shots": 0}
    made = table(rows).with_columns(pl.lit(value, TASK[name]).alias(name) for name, value in named.items())
    return scores(made, pl.DataFrame(schema=BITS), 200, 0)


def level(found: pl.DataFrame, metric: str, part: str = "all") -> tuple[float, float | None, float | None]:
    (one,) = found.filter(metric=metric, part=part).select("value", "chance", "constant").rows()
    return one


def test_the_share_of_the_most_frequent_right_answer_is_taken() -> None:
    assert constant(ANSWERS, SUBSETS, "accuracy") == constant(ANSWERS, LETTERS, "accuracy") == 3 / 5
    assert constant(ANSWERS, LETTERS, "probability") == 4 / 5  # the first option is among the right ones of four
    assert constant(ANSWERS, SUBSETS, "probability") == 3 / 5  # and is not the set of two
    assert constant(ANSWERS, CLOZE, "accuracy") is None
    assert constant(ANSWERS.clear(), LETTERS, "accuracy") is None


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_no_answer_that_is_always_the_same_gets_more(numbers: list[int]) -> None:
    told = constant(pl.Series([[one] for one in numbers], dtype=pl.List(pl.UInt8)), LETTERS, "accuracy")
    assert told == max(sum(one == each for one in numbers) for each in range(5)) / len(numbers)


def test_a_model_that_names_one_letter_gets_by_sets_what_the_constant_says_and_not_chance() -> None:
    found = scored(SUBSETS, [(0,), (0,), (1,), (2,), (0, 1), (3,), (4,), (0,), (1, 2), (2,)])
    value, chance, always = level(found, "accuracy")
    assert (value, always) == (0.3, 0.3)
    assert chance == pytest.approx(1 / 31)
    assert level(found, "f1")[2] is None
    assert level(found, "accuracy", "subject s0")[2] == 0.2  # of its own five items, all unlike


def test_pubmedqas_most_frequent_decision_stands_beside_a_third() -> None:
    found = scored(LETTERS, [(0,), (0,), (0,), (1,), (2,), (0,)], "pubmedqa")
    _, chance, always = level(found, "accuracy")
    assert chance == pytest.approx(1 / 3)
    assert always == pytest.approx(4 / 6)
    assert level(scored(CLOZE, [(0,), (1,), (0,)]), "accuracy")[2] is None


def printed(found: pl.DataFrame, width: int) -> list[str]:
    told = io.StringIO()
    console = Console(file=told, force_terminal=True, width=width, color_system=None, highlight=False)
    console.print(score_table(found, console.width))
    return told.getvalue().splitlines()


def test_it_is_printed_where_it_is_above_chance_and_the_table_stays_in_80_columns() -> None:
    long = scored(LETTERS, [(0,), (0,), (0,), (1,)] * 300, "pubmedqa", "pubmedqa-without-abstract")
    lines = printed(pl.concat([long.with_columns(shots=pl.lit(5, pl.UInt16)), scored(CLOZE, [(0,), (1,)])]), 80)
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["task", "asked", "by", "metric", "score", "95", "%", "chance", "same", "items"]
    assert lines[1].split()[-3:] == ["33.3", "75.0", "1,200"]
    assert "…" in lines[1]


def test_without_one_above_chance_there_is_no_such_column() -> None:
    even = scored(LETTERS, [(0,), (1,), (2,)], "pubmedqa")
    assert "same" not in printed(even, 80)[0].split()
    assert "Always the same" not in str(whole_tasks(even))
    assert always_same({"metric": "accuracy", "constant": 0.33331, "chance": 0.3333}) == ""  # as it is spelt


def test_the_page_has_it_beside_chance_and_says_what_it_is() -> None:
    text = str(whole_tasks(scored(LETTERS, [(0,), (0,), (0,), (1,)], "pubmedqa")))
    assert "Always the same" in text
    assert "75.0" in text
    assert "what always giving the answer that is right most often gets" in text


def test_a_model_that_always_answers_the_same_is_above_chance_and_said_to_be_no_better_than_that() -> None:
    alike = scored(LETTERS, [(0,), (0,), (0,), (1,)] * 30, "pubmedqa")
    assert "Of the 1 above chance none is above what always giving the same answer gets, too." in str(
        whole_tasks(alike)
    )
    better = alike.with_columns(low=pl.lit(0.8))
    assert "always giving the same answer gets, too" not in str(whole_tasks(better))
