"""The shipped recipes load, name themselves and fit into what a trainer can count."""

from __future__ import annotations

import pytest

from tokenizer.recipe import load_fit, shipped


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_recipe_loads_and_bears_its_name(name: str) -> None:
    recipe = load_fit(name).recipe
    assert recipe.name == name
    assert recipe.description.endswith(".")


def test_the_recipes_that_the_documents_name_are_shipped() -> None:
    assert set(shipped()) == {
        "quick-start", "medical-bpe", "medical-unigram", "medical-wordpiece", "pubmed-wordpiece",
    }  # fmt: skip
