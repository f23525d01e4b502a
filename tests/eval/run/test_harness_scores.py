"""A model has the scores that lm-evaluation-harness gives it by its own loop, to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from eval.likelihood.scorer import Scorer, likelihoods, open_scorer
from eval.run.rows import row
from eval.tasks.ask import Wording, questions
from eval.tasks.question import LETTERS
from tests.eval.harness import harness_scores, harness_task
from tests.eval.invented import EXAMS, SUBJECTS, invented
from tests.train import tiny, tiny_chat


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    """A tiny Llama whose weights are far from zero, so that it prefers something."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("model")
    tokenizer = tiny_chat.byte_level()
    tokenizer.save_pretrained(folder)
    model: Any = tiny.llama(len(tokenizer), max_position_embeddings=2048, initializer_range=0.5)
    model.save_pretrained(folder)
    return open_scorer(folder, 4)


@pytest.mark.parametrize("exam", EXAMS)
def test_the_scores_are_those_of_the_harness(scorer: Scorer, exam: str, tmp_path: Path) -> None:
    shots = 5 if exam in SUBJECTS else 0
    made = invented(exam, tmp_path, 40)
    asked = list(questions(made.items, Wording(exam, LETTERS, shots), made.examples))
    rows = [row(item, one, found.values, [], found.tokens)
            for item, one, found in zip(made.items, asked, likelihoods(scorer, asked), strict=True)]  # fmt: skip
    task = harness_task(exam, made.rows, made.shown, made.subject, shots)
    theirs = harness_scores(task, scorer.model, scorer.tokenizer)
    assert sum(one["correct_plain"] for one in rows) / 40 == theirs["acc"]
    if "acc_norm" in theirs:
        assert sum(one["correct_characters"] for one in rows) / 40 == theirs["acc_norm"]
    assert len({tuple(one["predicted_plain"]) for one in rows}) > 1
