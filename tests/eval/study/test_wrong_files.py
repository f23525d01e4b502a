"""A study or suite that cannot be used is told of in plain words: what is wrong, the file and the key, and the edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UserError
from eval.run.recipe import load_suite
from eval.study.recipe import load_study

HEAD = 'name = "x"\nquestion = "Is it?"\nsuite = "smoke"\n'
REST = '[budget]\ntokens = 3000\n[[primary]]\ntask = "held-out"\nmetric = "bits_per_byte"\n'
ALL = """train = ["slice=[{name='all', weight=1.0}]"]\n"""
ARMS = f'[[arm]]\nname = "a"\n{ALL}[[arm]]\nname = "b"\n'
# What pydantic says, and nobody who writes TOML should have to read.
FOREIGN = ("Input should", "validation", "Field required", "instance of", "Tuple", "dictionary", "pattern", "parse")


def assert_plain(error: UserError, what: str, where: str, mend: str) -> None:
    """The error says it, in words that are not pydantic's."""
    assert what in error.what
    assert error.where.endswith(where)
    assert mend in error.mend
    assert not [one for one in FOREIGN if one in str(error)]


@pytest.mark.parametrize(
    ("text", "what", "where", "mend"),
    [
        (HEAD + REST + '[[arm]]\nname = "a"\n', "a study compares at least two arms, and this one has 1", ": arm",
         "write another [[arm]]"),
        (HEAD + REST, "a study compares at least two arms, and this one has none", ": arm", "write another [[arm]]"),
        (HEAD + REST + ARMS.replace('"b"', '"a b"'), "name holds only small letters", ": [[arm]] a b: name",
         'write name = "a-b"'),
        (HEAD + REST + ARMS.replace('"b"', "3"), "name must be a text", ": [[arm]] 3: name", 'write name = "3"'),
        (HEAD + REST + ARMS.replace('name = "b"\n', "start = 'base'\n"), "name is missing", ": [[arm]] 2: name",
         "write name = ..."),
        (HEAD + REST + ARMS.replace('"b"', '"a"'), "two [[arm]] tables are named 'a'", ": [[arm]] a: name",
         "another name"),
        (HEAD + REST + ARMS + ALL, "arms 'a' and 'b' are equal", ": [[arm]] b", "of its own, or take it out"),
        (HEAD + REST + ARMS + "factor = 1\n", "The study has an unknown key 'factor'", ": [[arm]] b: factor",
         "the keys known there are: corpus, tokenizer"),
        (HEAD + REST + ARMS + 'start = "fresh"\n', "start must be one of scratch, base", ": [[arm]] b: start", "edit"),
        (HEAD + REST + ARMS + 'start = "scrach"\n', "start must be one of", ": start", 'write start = "scratch"'),
        (HEAD + REST + ARMS + "merge = 2\n", "merge must be at most 1 (it is 2)", ": [[arm]] b: merge", "edit"),
        (HEAD + REST + ARMS + "match = {tiers = []}\n", "tiers is empty", ": [[arm]] b: match tiers", "edit"),
        (HEAD + REST + ARMS + 'match = {tiers = "high"}\n', "tiers takes a list", "match tiers", 'tiers = ["high"]'),
        (HEAD + REST + ARMS + "train = [1]\n", "an entry of train must be a text", "b: train, entry 1", 'write "1"'),
        (HEAD + "seeds = -1\n" + REST + ARMS, "seeds must be at least 1 (it is -1)", ": seeds", "edit seeds"),
        (HEAD + "seeds = [1, 1]\n" + REST + ARMS, "seeds must be a whole number", ": seeds", "edit seeds"),
        (HEAD + "seeds = 2.5\n" + REST + ARMS, "seeds must be a whole number (it is 2.5)", ": seeds", "edit seeds"),
        (HEAD + 'seeds = "two"\n' + REST + ARMS, "seeds must be a whole number (it is 'two')", ": seeds", "edit"),
        (HEAD + "seed = 2\n" + REST + ARMS, "unknown key 'seed'", ": seed", "did you mean 'seeds'?"),
        (HEAD + "text = 3\n" + REST + ARMS, "text must be a text", ": text", 'write text = "3"'),
        (HEAD + 'null = "maybe"\n' + REST + ARMS, "null must be true or false", ": null", "edit null"),
        (HEAD + "sizes = ['tiny', 'tiny']\n" + REST + ARMS, "a size is named twice", ": sizes", "name each once"),
        (HEAD + "budget = 3000\n" + REST.partition("[[")[1] + REST.partition("[[")[2] + ARMS, "budget is a table",
         ": budget", "[budget] with the keys tokens"),
        (HEAD + REST.partition("[[")[1] + REST.partition("[[")[2] + ARMS, "budget is missing", ": budget",
         "write a table [budget]"),
        (HEAD + REST.replace("3000", '"3k"') + ARMS, "tokens must be a whole number", ": budget tokens", "edit budget"),
        (HEAD + REST.replace("tokens = 3000", "flops = inf") + ARMS, "flops must be a finite number", "flops", "edit"),
        (HEAD + REST.replace("tokens = 3000", "tokens = 9\nbytes = 9") + ARMS, "a study has one budget", ": budget",
         "write one of them"),
        (HEAD + "primary = []\n" + REST.partition("[[")[0] + ARMS, "primary must have at least one table", ": primary",
         "[[primary]]"),
        (HEAD + REST.replace("[[primary]]", "[primary]") + ARMS, "primary is a list of tables", ": primary",
         "[[primary]]"),
        (HEAD.replace('"smoke"', '""') + REST + ARMS, "suite is empty.", ": suite", "edit suite"),
        (HEAD + 'sets = ["a=1"]\n' + REST + ARMS, "sets is a table", ": sets", "[sets] with the keys corpus"),
        (HEAD + REST + ARMS + '[sets]\ntrian = ["a=1"]\n', "unknown key 'trian'", ": sets trian", "'train'?"),
        (HEAD + REST + ARMS + "merge = 0.5\n", "no base to merge with", ": [[arm]] b: merge", 'start = "base"'),
    ],
)  # fmt: skip
def test_a_wrong_study_is_told_of_in_plain_words(tmp_path: Path, text: str, what: str, where: str, mend: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_study(file)
    assert_plain(caught.value, what, where, mend)
    assert caught.value.where.startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("text", "what", "where", "mend"),
    [
        ("", "the suite asks nothing", ": task", "write a [[task]] table"),
        ('[[task]]\nname = "t"\nform = "plain"\n', "path is missing", ": [[task]] t: path", "write path = ..."),
        ('[[task]]\nname = "t"\nform = "plain"\npath = []\n', "path is empty", ": [[task]] t: path", "edit"),
        ('[[task]]\nname = "t"\nform = "plain"\npath = "a.json"\n', "path takes a list", "t: path", '["a.json"]'),
        ('[[task]]\nname = "t"\nform = "plain"\npath = ["a"]\nshots = 3\n', "shots and no examples",
         ": [[task]] t: examples", "shots = 0"),
        ('[[task]]\nname = "t"\nform = "plain"\npath = ["a"]\nformulations = ["letter"]\n', "must be one of letters",
         "t: formulations, entry 1", 'write "letters"'),
        ('[[generate]]\nname = "t"\nform = "plain"\npath = ["a"]\nmax_new_tokens = 0\n', "must be at least 1",
         ": [[generate]] t: max_new_tokens", "edit"),
        ("resamples = 3\n", "resamples must be at least 200", ": resamples", "edit resamples"),
        ("bits = 3\n", "bits is a table", ": bits", "[bits] with the keys corpora"),
    ],
)  # fmt: skip
def test_a_wrong_suite_is_told_of_in_plain_words(tmp_path: Path, text: str, what: str, where: str, mend: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'name = "mine"\n{text}', encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_suite(file)
    assert caught.value.what.startswith("The suite cannot be used")
    assert_plain(caught.value, what, where, mend)


@pytest.mark.parametrize(
    ("told", "what", "where", "mend"),
    [
        ("arm.high.name=a b", "name holds only small", "--set arm.high.name=a b", "give --set 'arm.high.name=\"a-b\"'"),
        ("arm=[{name='a b'}, {name='c'}]", "name holds only small", "--set arm=[{name='a b'}, {name='c'}]",
         'write name = "a-b" in it'),
        ("seeds=-1", "seeds must be at least 1", "--set seeds=-1", "give another value"),
        ("arm.high.merge=3", "merge must be at most 1", "--set arm.high.merge=3", "give another value"),
    ],
)  # fmt: skip
def test_a_wrong_value_of_the_command_line_is_mended_there(told: str, what: str, where: str, mend: str) -> None:
    with pytest.raises(UserError) as caught:
        load_study("tiers-smoke", (told,))
    assert_plain(caught.value, what, where, mend)
