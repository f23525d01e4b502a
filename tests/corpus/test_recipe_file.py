"""Recipes load, merge and refuse in the words of the person who wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.judge import check_signals
from corpus.recipe_file import Loaded, load_recipe

SOURCE = '[[source]]\nname = "notes"\nkind = "text"\npath = "notes"\n'
RULE = '[[rule]]\nname = "long"\nsignal = "document.characters"\ncomparison = ">="\nthreshold = 5\nreason = "short"\n'


def load(folder: Path, text: str, *sets: str) -> Loaded:
    (folder / "mine.toml").write_text('name = "mine"\n' + text, encoding="utf-8")
    return load_recipe(folder / "mine.toml", sets)


def refusal(folder: Path, text: str, *sets: str) -> str:
    with pytest.raises(UserError) as caught:
        check_signals(load(folder, text, *sets).recipe)
    return str(caught.value)


def test_a_misspelt_key_is_refused_with_the_key_that_was_meant(tmp_path: Path) -> None:
    told = refusal(tmp_path, SOURCE + RULE.replace("threshold", "treshold"))
    assert "unknown key 'treshold'" in told
    assert "[[rule]] long" in told
    assert "did you mean 'threshold'" in told
    assert "mine.toml" in told


def test_a_misspelt_key_of_a_source_offers_the_keys_of_its_kind(tmp_path: Path) -> None:
    assert "did you mean 'split'" in refusal(tmp_path, SOURCE + 'splitt = "x"\n')


def test_a_misspelt_table_is_refused_at_the_top(tmp_path: Path) -> None:
    assert "did you mean 'decide'" in refusal(tmp_path, "[decid]\nheld_out = 0.1\n" + SOURCE)


@pytest.mark.parametrize("value", ['"5"', "true", '["5"]'])
def test_a_threshold_of_the_wrong_type_names_its_rule(tmp_path: Path, value: str) -> None:
    told = refusal(tmp_path, SOURCE + RULE.replace("= 5", f"= {value}"))
    assert "long" in told
    assert "number" in told or "single value" in told


def test_a_rule_on_a_signal_that_does_not_exist_offers_the_nearest(tmp_path: Path) -> None:
    told = refusal(tmp_path, SOURCE + RULE.replace("document.characters", "document.charcters"))
    assert "did you mean 'document.characters'" in told


def test_text_where_a_number_belongs_is_refused_even_with_equality(tmp_path: Path) -> None:
    text = RULE.replace('">="', '"=="').replace("= 5", '= "five"')
    assert "without quotes" in refusal(tmp_path, SOURCE + text)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_threshold_that_is_no_finite_number_is_refused_before_work(tmp_path: Path, value: str) -> None:
    assert "finite" in refusal(tmp_path, SOURCE + RULE.replace("= 5", f"= {value}"))


@pytest.mark.parametrize("limit", ['genre = "webb"', 'language = "ZH"', 'language = "English"'])
def test_a_rule_that_could_never_speak_is_refused(tmp_path: Path, limit: str) -> None:
    assert limit.split()[0] in refusal(tmp_path, SOURCE + RULE + limit + "\n")


def test_set_on_a_table_that_the_recipe_lacks_says_so(tmp_path: Path) -> None:
    assert "no [[rule]] table" in refusal(tmp_path, SOURCE, "rule.long.threshold=9")


def test_a_tier_named_like_a_split_is_refused(tmp_path: Path) -> None:
    assert "split" in refusal(tmp_path, SOURCE + '[[tier]]\nname = "a"\ntier = "high-train"\n')


def test_set_reaches_into_a_rule_by_its_name(tmp_path: Path) -> None:
    loaded = load(tmp_path, SOURCE + RULE, "rule.long.threshold=9", "decide.held_out=0.5")
    assert loaded.recipe.rule[0].threshold == 9
    assert loaded.recipe.decide.held_out == 0.5


def test_set_on_an_unknown_rule_offers_the_nearest(tmp_path: Path) -> None:
    assert "did you mean 'long'" in refusal(tmp_path, SOURCE + RULE, "rule.lnog.threshold=9")


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (("decide.drop=exact",), "--set 'decide.drop=[\"exact\"]'"),
        (("decide.held_out=0.1", "decide.near=0.5"), "--set decide.near=0.5"),
        (("rule.long.comparison=in",), "--set rule.long.comparison=in"),
        (("rule.long.treshold=5",), "--set rule.long.treshold=5"),
        (("name=My Corpus",), "--set 'name=\"my-corpus\"'"),
    ],
)
def test_a_fault_of_a_set_names_that_set_and_not_the_file(tmp_path: Path, sets: tuple[str, ...], told: str) -> None:
    text = refusal(tmp_path, SOURCE + RULE, *sets)
    assert told in text
    assert f"where: --set {sets[-1]}" in text
    assert "mine.toml" not in text


def test_a_fault_of_the_file_names_the_file_and_where_a_set_may_have_caused_it_both(tmp_path: Path) -> None:
    text = refusal(tmp_path, SOURCE + "[decide]\nnear = 0.5\n", "decide.held_out=0.1")
    assert "mine.toml: decide near (after --set decide.held_out=0.1)" in text
    assert "edit decide near" in text


@pytest.mark.parametrize(
    ("old", "new", "told", "mend"),
    [
        ('name = "long"', 'name = "Zu Lang"', "small letters", 'name = "zu-lang"'),
        ('name = "notes"', 'name = "my notes"', "holds only letters", 'name = "my-notes"'),
        ('name = "long"', 'name = "长"', "small letters", 'name = "mine"'),
        ('name = "long"', 'name = "long"\nlanguage = "English"', "zh-Hans or en", "edit [[rule]] long"),
        ('name = "long"', 'name = "long"\ngenre = 5', "genre takes a list", "genre = [5]"),
    ],
)
def test_what_a_name_or_a_list_may_be_is_said_in_words(
    tmp_path: Path, old: str, new: str, told: str, mend: str
) -> None:
    text = refusal(tmp_path, (SOURCE + RULE).replace(old, new))
    assert told in text
    assert mend in text
    assert "pattern" not in text
    assert "tuple" not in text


def test_a_key_that_is_called_like_a_kind_of_source_is_named_all_the_same(tmp_path: Path) -> None:
    text = refusal(tmp_path, '[[source]]\nname = "t"\nkind = "table"\npath = "x.csv"\ntext = 3\n')
    assert "text must be a text, in quotation marks (it is 3)" in text
    assert "[[source]] t: text" in text
    assert 'write text = "3"' in text


def test_the_name_of_a_recipe_is_told_of_in_words(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text('name = "L-ok"\n' + SOURCE)
    with pytest.raises(UserError, match="small letters") as caught:
        load_recipe(tmp_path / "r.toml")
    assert caught.value.mend == 'write name = "l-ok"'


def test_set_without_a_value_is_refused(tmp_path: Path) -> None:
    assert "key.key=value" in refusal(tmp_path, SOURCE, "rule.long")


def test_a_recipe_lays_its_tables_over_those_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('name = "base"\n[decide]\nheld_out = 0.3\n' + RULE, encoding="utf-8")
    text = 'extends = "base.toml"\n' + SOURCE + '[[rule]]\nname = "long"\nthreshold = 7\n'
    loaded = load(tmp_path, text)
    assert loaded.recipe.name == "mine"
    assert loaded.recipe.rule[0].threshold == 7
    assert loaded.recipe.rule[0].reason == "short"
    assert loaded.recipe.decide.held_out == 0.3


def test_a_second_level_of_extends_is_refused(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('name = "base"\nextends = "other"\n', encoding="utf-8")
    assert "one level" in refusal(tmp_path, 'extends = "base.toml"\n' + SOURCE)


def test_a_recipe_that_is_not_there_lists_the_shipped_ones() -> None:
    with pytest.raises(UserError, match="did you mean 'samples'"):
        load_recipe("sampels")


def test_broken_toml_says_where(tmp_path: Path) -> None:
    assert "line 2" in refusal(tmp_path, "x = = 1\n")


def test_tiers_must_end_with_one_that_takes_the_rest(tmp_path: Path) -> None:
    tier = '[[tier]]\nname = "a"\ntier = "a"\nwhen = [{signal="document.genre", comparison="==", threshold="web"}]\n'
    assert "every document that is left" in refusal(tmp_path, SOURCE + tier)


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "names must differ" in refusal(tmp_path, SOURCE + RULE + RULE)
