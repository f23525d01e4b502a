"""Every shipped recipe loads, asks for signals that exist, and says why it asks."""

from __future__ import annotations

import pytest

from corpus.errors import UserError
from corpus.judge import check_signals
from corpus.listing import list_files
from corpus.recipe import Recipe, Rule
from corpus.recipe_file import load_recipe, shipped_recipes
from corpus.sources import SOURCES

PRESETS = {"medical-en", "medical-zh", "gopher", "fineweb", "fineweb2-zh"}


def test_the_presets_are_shipped() -> None:
    assert set(shipped_recipes()) >= PRESETS


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_asks_for_signals_that_exist(name: str) -> None:
    loaded = load_recipe(name)
    check_signals(loaded.recipe)
    assert loaded.recipe.description.strip(), "a recipe opens with a description: the documents print it"
    assert loaded.recipe.rule or loaded.recipe.tier


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_finds_its_own_documents(name: str) -> None:
    import importlib

    loaded = load_recipe(name)
    for source in loaded.recipe.source:
        module = importlib.import_module(SOURCES[source.kind])
        assert list_files(source, str(loaded.base), module.SUFFIXES), source.name


def test_a_signal_that_does_not_exist_is_refused_with_its_nearest_name() -> None:
    rule = Rule(name="typo", signal="document.charcters", comparison=">=", threshold=5, reason="a test")
    with pytest.raises(UserError, match=r"document\.characters"):
        check_signals(Recipe(name="typo", rule=(rule,)))
