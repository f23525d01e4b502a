"""What a study trains is called by arm and seed, so that pages can be told apart; what is shared has one name."""

from __future__ import annotations

from pathlib import Path

from eval.study.arms import Places, runs
from eval.study.readings import YET, base_place, basing, training, tuning
from eval.study.recipe import load_study


def test_a_training_is_called_by_its_arm_and_seed(tmp_path: Path) -> None:
    loaded, places = load_study("tokenizer-smoke"), Places(tmp_path)
    names = [training(loaded, places, run, None, 1000).recipe.name for run in runs(loaded)]
    arms = ("bpe", "unigram", "bpe-of-1024", "null")
    assert names == [f"{arm}-{pair}" for pair in (0, 1) for arm in arms]


def test_arms_that_share_a_model_call_it_alike_and_their_fine_tunings_not(tmp_path: Path) -> None:
    loaded, places = load_study("reasoning-smoke", ("seeds=1",)), Places(tmp_path)
    made = [training(loaded, places, run, None, 1000).recipe.name for run in runs(loaded)]
    assert dict.fromkeys(made) == dict.fromkeys(["without-0", "null-0"])
    tuned = [tuning(loaded, run, YET).recipe.name for run in runs(loaded)]
    assert tuned == [f"{run.name}-0" for run in runs(loaded)]


def test_a_base_is_called_so_and_alike_for_all_arms_on_it(tmp_path: Path) -> None:
    loaded, places = load_study("replay-smoke", ("seeds=1",)), Places(tmp_path)
    on = [run for run in runs(loaded) if base_place(loaded, places, run)]
    assert {basing(loaded, run).recipe.name for run in on} == {"base-plain-0", "base-null-0"}
