"""What a step advises is told in the words of the study: every key that it names has a place in the study's file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from eval.study.advice import STEPS, InStudy, in_study, keys_of, told_by
from eval.study.foreseen import refuse_unready
from eval.study.recipe import LoadedStudy, load_study
from train.recipe import TrainRecipe

LOADED = load_study("tiers-smoke")
REPLAY = load_study("replay-smoke")
HIGH = next(arm for arm in LOADED.study.arm if arm.name == "high")
MATCHED = next(arm for arm in LOADED.study.arm if arm.match is not None)


@pytest.mark.parametrize(
    ("step", "said", "told"),
    [
        ("train", "raise budget.most_epochs", "raise budget.most_epochs (in train of [sets])"),
        ("train", "lower optimizer.learning_rate or optimizer.clip, and begin anew",
         'lower optimizer.learning_rate (as "optimizer.learning_rate=..." in train of [sets]) or optimizer.clip (as '
         '"optimizer.clip=..." in train of [sets]), and begin anew'),
        ("train", "Raise budget.most_epochs.", "Raise budget.most_epochs (in train of [sets])."),
        ("tune", "raise max_tokens, which is 8",
         'raise examples.max_tokens (as "examples.max_tokens=..." in tune of [sets]), which is 8'),
        ("train", "change [[slice]] high, or build", "change [[slice]] high (in train of [[arm]] high), or build"),
        ("tokenizer", "a [[part]] general without text", "a [[part]] general (in quick-start, which tokenizer names) "
         "without text"),
        ("train", "budget.tokens and the weights", "budget.tokens and the weights"),
        ("train", "train on what is there: --set device=any",
         'train on what is there: "device=any" in train of [sets]'),
        ("train", "or give --store on another disk", "or give --out on another disk"),
        ("train", "model.sequence", "model.sequence (in train of [sets])"),
        ("tokenizer", "fit one with algorithm = wordpiece",
         'fit one with "algorithm=wordpiece" in tokenizer of [sets]'),
        ("tune", "epochs", 'epochs (as "epochs=..." in tune of [sets])'),
        ("tune", 'set equal = "epochs", or give', 'set "examples.equal=epochs" in tune of [sets], or give'),
        ("corpus", "build it with --set decide.held_out=0.02",
         'build it with "decide.held_out=0.02" in corpus of [sets]'),
        ("corpus", 'set annotate.language.method = "cld2", which needs no file',
         'set "annotate.language.method=cld2" in corpus of [sets], which needs no file'),
        ("corpus", "give each folder a [[source]] of its own",
         "give each folder a [[source]] (in samples, which corpus names) of its own"),
        ("corpus", "give another --out or --store", "give another --out"),
        ("suite", 'set fewer shots, or leave the items out with too_long = "drop"',
         'set fewer shots, or leave the items out with too_long=drop in a file of your own, extends = ["smoke"]'),
        ("suite", "leave them out with --set too_long=drop",
         'leave them out with too_long=drop in a file of your own, extends = ["smoke"]'),
        ("train", "put the tokenizer.json beside tokenizer_config.json, as tokenizer/opened.py wants",
         "put the tokenizer.json beside tokenizer_config.json, as tokenizer/opened.py wants"),
        ("train", "give a corpus of which a slice is held out", "give a corpus of which a slice is held out"),
    ],
)  # fmt: skip
def test_each_key_gets_the_list_in_which_it_stands_or_is_to_be_written(step: str, said: str, told: str) -> None:
    assert in_study(UserError("It cannot be.", "", said), LOADED, [HIGH], step).mend == told


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [("budget.foo=1", "the keys known there are: tokens, most_epochs"),
     ("optimizer.lerning_rate=1", "did you mean 'learning_rate'?")],
)  # fmt: skip
def test_an_unknown_key_of_an_arm_is_told_beside_the_arms_own_keys(wrong: str, mend: str) -> None:
    loaded = load_study("tiers-smoke", (f"arm.high.train=['{wrong}']",))
    with pytest.raises(InStudy) as caught:
        refuse_unready(loaded, hub=False, devices=False)
    assert caught.value.mend == mend
    assert f"'{wrong}' in train of [[arm]] high" in caught.value.where
    assert "[sets]" not in str(caught.value)


def test_what_mends_a_value_of_an_arm_is_written_into_the_arm() -> None:
    (own,) = HIGH.train
    told = in_study(UserError("It cannot be.", f"--set {own}", "raise budget.most_epochs"), LOADED, [HIGH], "train")
    assert told.mend == "raise budget.most_epochs (in train of [[arm]] high)"


def test_what_the_study_gives_itself_has_its_own_name() -> None:
    error = UserError("It cannot be.", "budget.tokens and seed", "lower budget.tokens, or choose replay.corpus")
    told = in_study(error, load_study("size-smoke"), [load_study("size-smoke").study.arm[0]], "train")
    assert told.where.endswith("budget.flops and seed")
    assert told.mend == "lower budget.flops, or choose general"
    told = in_study(error, REPLAY, [REPLAY.study.arm[0]], "base")
    assert told.mend.startswith("lower budget.base")
    told = in_study(UserError("x", "", "change [[slice]] matched"), LOADED, [MATCHED], "train")
    assert told.mend == f"change [[slice]] matched (in match of [[arm]] {MATCHED.name})"


@pytest.mark.parametrize("step", ["corpus", "tokenizer", "train", "tune"])
def test_arm_file_and_place_are_named(step: str) -> None:
    told = in_study(UserError("It cannot be.", "somewhere", "do"), LOADED, [HIGH], step)
    assert "arm 'high'" in told.what.lower()
    assert told.what.endswith("It cannot be.")
    assert told.where.startswith(f"{LOADED.file}: [[arm]] high")
    assert told.where.endswith("; somewhere")
    both = in_study(UserError("It cannot be.", "", ""), LOADED, LOADED.study.arm[:2], step)
    assert "arms 'all' and 'high'" in both.what.lower()


@given(st.sampled_from(sorted(key for key in keys_of(TrainRecipe) if "." in key)))
def test_no_key_of_training_is_left_without_a_place(key: str) -> None:
    told = in_study(UserError("It cannot be.", "", f"raise {key}"), LOADED, [HIGH], "train").mend
    given_by_study = STEPS["train"].given.get(key, "budget.tokens" if key == "budget.tokens" else "")
    assert told == f"raise {given_by_study}" if given_by_study else re.search(r"\(.*in train of \[", told)


def test_what_is_told_already_stays_and_what_is_no_users_fault_passes() -> None:
    with pytest.raises(InStudy, match="once") as caught, told_by(LOADED, HIGH, "train"):
        raise InStudy("Told once.", "here", "budget.most_epochs")
    assert caught.value.mend == "budget.most_epochs"
    with pytest.raises(ZeroDivisionError), told_by(LOADED, HIGH, "train"):
        raise ZeroDivisionError


def test_a_recipe_beside_the_study_is_named_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\n', encoding="utf-8")
    study = LOADED.study.model_copy(update={"suite": "mine.toml"})
    told = in_study(UserError("x", "", "--set too_long=drop"), LoadedStudy(study, tmp_path, LOADED.file), [HIGH],
                    "suite")  # fmt: skip
    assert told.mend == "too_long=drop in mine.toml"
    assert 'suite = "mine.toml"' in told.where
