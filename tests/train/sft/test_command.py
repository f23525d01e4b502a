"""`train sft` on the command line: what it shows, prints and puts where."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpus.errors import UserError
from tests.train import tuned as small
from train.cli import app
from train.sft.command import overrides
from train.sft.conversation import CLOSE, OPEN
from train.sft.recipe import load_sft


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe beside its base and exams."""
    return small.ground(tmp_path_factory.mktemp("ground"))


def run(*told: object) -> str:
    """What a command prints on standard output; raises what it raises."""
    done = CliRunner().invoke(app, ["sft", *map(str, told)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.parametrize("order", ["answer-first", "reason-first"])
def test_show_marks_what_is_learned_in_either_order_and_trains_nothing(
    recipe: Path, tmp_path: Path, order: str
) -> None:
    told = run(
        recipe, "--with-reasoning", "--reasoning-order", order, "--show", 2, "--quiet", "--out", tmp_path / "out"
    )
    examples = told.split("\nexample ")[1:]
    assert len(examples) == 2
    for example in examples:
        (learned,) = re.findall(f"{OPEN}(.*?){CLOSE}", example, re.DOTALL)
        answer, why = learned.index("Answer: "), learned.index("Explanation: It is ")
        assert (answer < why) == (order == "answer-first")
        assert learned.endswith("<|im_end|>")
        assert "Question: Which metal" in example.split(OPEN)[0]
    assert list(tmp_path.iterdir()) == []


def test_without_reasoning_only_the_answer_is_learned(recipe: Path) -> None:
    told = run(recipe, "--without-reasoning", "--show", 1)
    assert "Explanation" not in told
    assert "supervised tokens" in told  # both arms are told, whichever is shown


def test_json_is_all_that_stands_on_standard_output(recipe: Path, tmp_path: Path) -> None:
    told = json.loads(run(recipe, "--json", "--set", "epochs=0.5", "--out", tmp_path / "out"))
    assert told["trained"] is True
    assert told["counts"]["arms"]["with reasoning"]["examples"] == told["counts"]["examples"]
    assert (tmp_path / "out" / "model.safetensors").exists()


def test_each_arm_has_a_place_of_its_own(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = run(recipe, "--set", "epochs=0.25", "--head", "choice")
    assert "answered rightly" in told
    assert [path.name for path in (tmp_path / "materia-model").iterdir()] == ["little-choice"]


def test_show_of_a_choice_head_or_of_no_recipe_says_what_to_do(recipe: Path) -> None:
    with pytest.raises(UserError, match="produces no text"):
        run(recipe, "--head", "choice", "--show", 1)
    with pytest.raises(UserError, match="head"):
        run(recipe, "--head", "chocie")
    with pytest.raises(UserError, match="cmexam-reasoning"):
        run("no-such-recipe", "--show", 1)


def test_options_go_before_the_recipe(recipe: Path, tmp_path: Path) -> None:
    told = load_sft(recipe, tuple(overrides(tmp_path / 'a "base"', "", True, "reason-first"))).recipe
    assert (told.base, told.with_reasoning) == (str(tmp_path / 'a "base"'), True)
    assert told.examples.reasoning_order == "reason-first"
    assert overrides(None, "", None, "") == []
    assert load_sft(recipe, tuple(overrides(None, "choice", None, ""))).recipe.head == "choice"
