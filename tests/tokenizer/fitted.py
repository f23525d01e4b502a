"""Tokenizers fitted to the small corpus, for tests: by the real fit, with settings changed."""

from __future__ import annotations

from pathlib import Path

from corpus.progress import Silent
from tokenizer.fit import Fitted, fit
from tokenizer.recipe import load_fit

RECIPE = """
name = "small"
vocabulary = 1200

[[part]]
name = "english"
languages = ["en"]
bytes = 1_000_000

[[part]]
name = "chinese"
languages = ["zh"]
bytes = 1_000_000
"""


def fit_small(corpus: Path, out: Path, *sets: str, recipe: str = RECIPE) -> Fitted:
    """Fit to the corpus with `--set` values."""
    out.parent.mkdir(parents=True, exist_ok=True)
    file = out.parent / f"{out.name}.toml"
    file.write_text(recipe, encoding="utf-8")
    return fit(load_fit(file, sets), corpus, out, Silent())
