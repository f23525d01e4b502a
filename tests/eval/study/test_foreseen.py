"""What a study cannot do is told of all its arms before anything is trained: at once where recipes and exams show it,
else as soon as corpora or tokenizers stand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from eval.run.exams import NotHad
from eval.study.arms import Places, runs
from eval.study.carry_out import How, carry_out_all
from eval.study.foreseen import refuse_unready
from eval.study.readings import prepared, tokens_of
from eval.study.recipe import load_study

ONE = ("seeds=1", "null=false")
ALL = "slice=[{name='all', weight=1.0}]"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study's folder, in which no test trains anything: what one of them has built, the next need not."""
    return tmp_path_factory.mktemp("foreseen") / "study"


def refused(out: Path, name: str, *sets: str) -> UserError:
    """What a study is refused for, of which nothing was trained."""
    with pytest.raises(UserError) as caught:
        carry_out_all(load_study(name, (*ONE, *sets)), out, How(1, (*ONE, *sets)), Silent())
    assert not any((out / made).exists() for made in ("bases", "models", "merged", "tuned", "scores", "said"))
    return caught.value


@pytest.mark.parametrize(
    ("name", "told", "what", "where", "mend"),
    [
        ("tiers-smoke", "arm.all-as-few.match={tiers=['high', 'platinum']}", "no tier 'platinum'",
         "[[arm]] all-as-few: match.tiers", "medium, high, basic, classical"),
        ("tiers-smoke", "arm.high.train=[\"slice=[{name='top', tiers=['highest'], weight=1.0}]\"]",
         "Arm 'high' cannot be trained. The corpus has no tier 'highest'", "[[arm]] high: train", "medium, high"),
        ("tiers-smoke", "arm.high.train=[\"slice=[{name='top', sources=['pubmedd'], weight=1.0}]\"]",
         "no source 'pubmedd'", "[[arm]] high: train", "pubmed, pmc"),
        ("tiers-smoke", f"arm.high.train=[\"{ALL}\", 'modl.size=tiny']", "unknown key 'modl'",
         "'modl.size=tiny' in train of [[arm]] high", "model"),
        ("tiers-smoke", "sets.tokenizer=['vocabulary=3']", "must be at least 64",
         "'vocabulary=3' in tokenizer of [sets]", "give another value"),
        ("tiers-smoke", "arm.high.corpus=['decide.near=7']", "The corpus of arm 'high' cannot be built",
         "'decide.near=7' in corpus of [[arm]] high", "give another value"),
        ("tiers-smoke", "arm.high.corpus=['rule.en-words-min.signal=\"english.wrds\"']", "'english.wrds'",
         "[[arm]] high: corpus", "english.words"),
        ("tiers-smoke", "text=nowhere", "The text that is measured cannot be built. There is no recipe 'nowhere'",
         'text = "nowhere"', "shipped names"),
        ("tiers-smoke", "sizes=['tinny']", "no size 'tinny'", "tiers-smoke.toml", "tiny"),
        ("replay-smoke", "sets.base=[\"slice=[{name='all', weight=1.0}]\", 'model.size=tinny']",
         "The base of arm 'plain' cannot be trained. There is no size 'tinny'", "replay-smoke.toml", "tiny"),
        ("tiers-smoke", "exams=nowhere", "exam of task 'smoke' is not there", "nowhere/smoke-exam.jsonl", "set exams"),
        ("reasoning-smoke", "sets.tune=[\"exam=[{name='gone', form='plain', path='gone.jsonl', split='train'}]\"]",
         "cannot be fine-tuned. There is no such file", "gone.jsonl", "give the file"),
    ],
)  # fmt: skip
def test_what_recipes_and_exams_show_is_told_before_anything_is_made(
    tmp_path: Path, name: str, told: str, what: str, where: str, mend: str
) -> None:
    error = refused(tmp_path / "out", name, told)
    assert what in error.what
    assert where in error.where
    assert mend in error.mend
    assert not (tmp_path / "out").exists()


def test_all_exams_that_are_not_there_are_told_at_once() -> None:
    with pytest.raises(UserError, match="exams of 2 tasks are not there: 'cmexam', 'medqa-mainland'") as caught:
        refuse_unready(load_study("tiers-smoke", (*ONE, "suite=medical", "exams=nowhere")), hub=False, devices=False)
    assert caught.value.where.count("nowhere/cmexam/test.csv") == 1  # though it is asked and answered in writing
    assert "nowhere/medqa/Mainland/test.jsonl" in caught.value.where
    assert "hub:" not in caught.value.where


def test_exams_that_cannot_be_had_from_the_hub_are_told_with_those_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(path: str) -> Path:
        raise NotHad("An exam cannot be had from the Hub.", f"{path}: no network")

    monkeypatch.setattr("eval.run.exams._of_hub", unreachable)
    with pytest.raises(UserError, match="'cmexam', 'medqa-mainland', 'medqa-us', 'medmcqa', 'pubmedqa'") as caught:
        refuse_unready(load_study("tiers-smoke", (*ONE, "suite=medical", "exams=nowhere")), hub=True, devices=False)
    assert "validation-00000-of-00001.parquet: no network" in caught.value.where


def test_a_slice_that_names_tiers_of_other_corpora_too_is_none_to_refuse() -> None:
    told = "arm.high.train=[\"slice=[{name='top', tiers=['high', 'highest'], weight=1.0}]\"]"
    refuse_unready(load_study("tiers-smoke", (*ONE, told)), hub=False, devices=False)


def test_a_recipe_that_wants_a_gpu_is_refused_at_once_where_there_is_none(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    error = refused(tmp_path / "out", "tiers-smoke", f"arm.high.train=[\"{ALL}\", 'device=cuda']")
    assert "Arm 'high' cannot be trained. The recipe wants a GPU" in error.what
    assert '"device=any" in train of [[arm]] high' in error.mend


def test_all_that_the_corpora_lack_is_told_at_once_when_they_stand(out: Path) -> None:
    error = refused(
        out, "tiers-smoke", "arm.high.train=[\"slice=[{name='none', languages=['fr'], weight=1.0}]\"]",
        f"arm.all.train=[\"{ALL}\", 'budget.most_epochs=0.01']", "arm.same-sources.match={tiers=['high'], "
        "languages=['fr']}",
    )  # fmt: skip
    assert "for 3 reasons" in error.what
    assert "Arm 'high' cannot be trained. The corpus has no text for the slice 'none' (languages fr)." in error.what
    assert "change [[slice]] none (in train of [[arm]] high)" in error.what
    assert "Arm 'same-sources' cannot be trained. The corpus has no text of high to match" in error.what
    assert "Arm 'all' cannot be trained. The run asks for 3,000 tokens of slice 'all'" in error.what
    assert "No tokenizer makes enough of them" in error.what
    assert "raise budget.most_epochs (in train of [[arm]] all)" in error.what
    assert not (out / "tokenizers").exists()


def test_a_budget_is_looked_at_to_the_token_when_tokenizers_stand(out: Path) -> None:
    """So many tokens as a third of the bytes are too many for the tokens, and not for the bytes."""
    error = refused(out, "tiers-smoke", f"arm.all.train=[\"{ALL}\", 'budget.most_epochs=0.1']")
    assert "Arm 'all' cannot be trained. The run asks for 3,000 tokens" in error.what
    assert "estimated" not in error.what
    assert (out / "tokenizers").is_dir()


@pytest.mark.parametrize(
    ("name", "told", "what", "mend"),
    [
        ("tokenizer-smoke", "budget.bytes=90_000_000", "Arms 'bpe', 'unigram' and 'bpe-of-1024' cannot "
         "be trained. The run asks for",
         'raise budget.most_epochs (in train of [sets])'),
        ("size-smoke", "budget.flops=1e14", "Arm 'tiny' cannot be trained. The run asks for",
         'raise budget.most_epochs (in train of [sets])'),
        ("replay-smoke", "budget.base=90_000_000", "The base of arm 'plain' cannot be trained. The run asks for "
         "90,000,000 tokens of slice 'en'", 'raise budget.most_epochs (in base of [sets])'),
        ("replay-smoke", "arm.plain.train=[\"slice=[{name='zh', languages=['fr'], weight=1.0}]\"]",
         "Arm 'plain' cannot be trained. The corpus has no text", "change [[slice]] zh (in train of [[arm]] plain)"),
        ("replay-smoke", "arm.replay-1.train=['replay.share=0.01', \"replay.languages=['fr']\"]",
         "Arm 'replay-1' cannot be trained. The corpus has no text for the slice 'replay'", "a corpus"),
    ],
)  # fmt: skip
def test_budgets_of_every_kind_and_arms_on_a_base_are_looked_at(
    out: Path, name: str, told: str, what: str, mend: str
) -> None:
    error = refused(out, name, told)
    assert what in error.what
    assert mend in f"{error.what} {error.mend}"


def test_rows_in_which_nothing_is_to_be_told_are_refused_before_training(out: Path) -> None:
    error = refused(out, "replay-smoke", "arm.plain.train=['model.sequence=1']")
    assert "Arm 'plain' cannot be trained. Nothing can be learned from rows of 1 tokens" in error.what
    assert "model.sequence (in train of [[arm]] plain)" in error.where


@pytest.mark.parametrize(
    ("name", "told", "what", "mend"),
    [
        ("tiers-smoke", f"arm.high.train=[\"{ALL}\", 'model.sequence=16']",
         "Arm 'high' cannot be scored.", "too_long=drop in a file of your own, extends"),
        ("reasoning-smoke", "sets.tune=['examples.max_tokens=8', 'held_out.share=0.1']",
         "arms 'without', 'answer-first', 'reason-first' and 'without-as-many' cannot be fine-tuned. No example is "
         "left", "examples.max_tokens (in tune of [sets])"),
        ("ratio-smoke", "budget.tokens=50_000_000", "cannot be fine-tuned. The recipe cannot be used: epochs must be "
         "at most 1000", "where: "),
    ],
)  # fmt: skip
def test_what_comes_behind_training_is_looked_at_before_it(
    out: Path, name: str, told: str, what: str, mend: str
) -> None:
    more = ("sets.train=['model.sequence=256', \"slice=[{name='all', weight=1.0}]\", 'budget.most_epochs=1e9']",)
    error = refused(out, name, told, *(more if name == "ratio-smoke" else ()))
    assert what.lower() in error.what.lower()
    assert mend in str(error)
    assert "--set" not in str(error)


def test_a_study_whose_corpora_stand_is_refused_without_building_anything(out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.glob("corpora/*/card.json")}
    assert before
    refused(out, "tiers-smoke", "arm.high.train=[\"slice=[{name='none', languages=['fr'], weight=1.0}]\"]")
    assert {path: path.stat().st_mtime_ns for path in out.glob("corpora/*/card.json")} == before


def test_before_its_base_is_trained_an_arm_reads_what_it_reads_on_it(out: Path, tmp_path: Path) -> None:
    """Rows, order and budget are the same, on fresh weights of the base's shape and on the base itself."""
    from eval.study.carry_out import ground
    from eval.study.steps import base_of

    folder = tmp_path / "study"
    if (out / "store").is_dir():
        shutil.copytree(out / "store", folder / "store")
    loaded, places = load_study("replay-smoke", (*ONE, "budget.base=300")), Places(folder)
    ground(loaded, places, Silent())
    run = next(run for run in runs(loaded) if run.name == "replay-25")
    gone = tmp_path / "yet-to-be-trained"
    foreseen = prepared(loaded, places, run, gone, tokens_of(loaded, places, run, gone), Silent())
    base = base_of(loaded, places, run, Silent())
    seen = prepared(loaded, places, run, base, tokens_of(loaded, places, run, base), Silent())
    assert seen.base is not None
    assert foreseen.base is None
    assert foreseen.fingerprint["order"] == seen.fingerprint["order"]
    assert foreseen.sequence == seen.sequence
    assert foreseen.packed.tokens == seen.packed.tokens
