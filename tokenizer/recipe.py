"""The recipe of a tokenizer: everything `tokenizer fit` is told, as frozen models, read from one TOML file.

Comes from a TOML file (shipped ones lie in `tokenizer/recipes/`), read by the rules of `corpus/recipe_file.py`
(`extends`, `--set`); goes to `tokenizer/fit.py`. It has no behaviour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from corpus.condition import SLUG, Frozen
from corpus.recipe import LANGUAGE
from corpus.recipe_file import read_recipe, shipped_recipes

SHIPPED = Path(__file__).parent / "recipes"
SMALLEST = 64  # ids of a vocabulary
LARGEST_SAMPLE = (1 << 31) - 1  # bytes: no pair can occur more often, so that no trainer's 32-bit count overflows

Algorithm = Literal["bpe", "unigram", "wordpiece"]
PatternName = Literal["gpt2", "cl100k", "o200k", "qwen2", "medical"]


class Part(Frozen):
    """A part of the sample: documents of the training split of these languages (`zh` speaks of zh-Hans and zh-Hant,
    and not of lzh), tiers and sources (an empty list: of all), until `bytes` of UTF-8 are full. `needed`: whether a
    corpus without such text is refused."""

    name: str = Field(pattern=SLUG)
    languages: tuple[Annotated[str, Field(pattern=LANGUAGE)], ...] = ()
    tiers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    bytes: int = Field(ge=1, le=LARGEST_SAMPLE)
    needed: bool = True


class PretokenizeSettings(Frozen):
    """How text is cut before pieces are learned; `docs/tokenizers.md` gives every pattern and its price. `pattern`: by
    name. Of `medical` alone: `digits`, how many digits make one word at most; `han`, how many Han characters do."""

    pattern: PatternName = "medical"
    digits: Literal[1, 3] = 3
    han: int = Field(default=32, ge=1, le=1024)


class SpecialSettings(Frozen):
    """Special tokens. `chat`: whether there are tokens and a template for conversations, with marks around what the
    assistant says (never for wordpiece). `reserved`: tokens kept free for later use. `more`: further ones by name."""

    chat: bool = True
    reserved: int = Field(default=0, ge=0, le=4096)
    more: tuple[str, ...] = ()


class WordPieceSettings(Frozen):
    """`lowercase`: whether upper and lower case are one (PubMedBERT's are)."""

    lowercase: bool = True


class FitRecipe(Frozen):
    """One fit, whole. `vocabulary`: ids in all, special tokens included. `corpus`: output folder of a build, relative
    to the recipe's file. `minimum`: how often a merge must occur in the sample (bpe, wordpiece). `coverage`: share of
    the sample's characters that get an id of their own (wordpiece, unigram; byte-level BPE decides by gain)."""

    name: str = Field(pattern=SLUG)
    description: str = ""
    corpus: str = ""
    algorithm: Algorithm = "bpe"
    vocabulary: int = Field(default=32_000, ge=SMALLEST, le=1_000_000)
    seed: int = Field(default=0, ge=0, lt=1 << 63)
    minimum: int = Field(default=2, ge=1)
    coverage: float = Field(default=0.9999, gt=0.9, le=1.0)
    part: tuple[Part, ...] = Field(min_length=1)
    pretokenize: PretokenizeSettings = PretokenizeSettings()
    special: SpecialSettings = SpecialSettings()
    wordpiece: WordPieceSettings = WordPieceSettings()

    @model_validator(mode="after")
    def _names_are_unique_and_counts_hold(self) -> FitRecipe:
        names = [part.name for part in self.part]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two [[part]] tables are named {twice[0]!r}; names must differ")
        if self.pretokenize.pattern != "medical" and self.pretokenize.model_fields_set & {"digits", "han"}:
            raise ValueError(f"pretokenize.digits and han are settings of the pattern 'medical', and the pattern is "
                             f"{self.pretokenize.pattern!r}")  # fmt: skip
        if self.algorithm != "wordpiece" and not self.wordpiece.lowercase:
            raise ValueError(f"wordpiece.lowercase means nothing to the algorithm {self.algorithm!r}")
        if self.algorithm == "unigram" and "minimum" in self.model_fields_set:
            raise ValueError("minimum is a setting of merges, and unigram has none")
        if sum(part.bytes for part in self.part) > LARGEST_SAMPLE:
            raise ValueError(
                f"the parts ask for more than {LARGEST_SAMPLE:,} bytes, beyond which 32-bit counts of pairs could "
                "overflow; ask for less: merges hardly change beyond a few hundred megabytes"
            )
        return self


class LoadedFit(NamedTuple):
    """A recipe, the folder its relative paths start from, and the file it came from."""

    recipe: FitRecipe
    base: Path
    file: Path


def load_fit(where: str | Path, sets: tuple[str, ...] = ()) -> LoadedFit:
    """The recipe at a path or of a shipped name, with `--set` overrides applied. Raises `UserError`."""
    recipe, file = read_recipe(FitRecipe, SHIPPED, where, sets)
    return LoadedFit(recipe, file.parent, file)


def shipped() -> list[str]:
    """Names of the recipes that come with the package."""
    return shipped_recipes(SHIPPED)
