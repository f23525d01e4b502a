"""`tokenizer fit`: from a corpus and a recipe to a tokenizer's folder. The table of contents of this floor.

Reads the output folder of `corpus build`; a sample of it (`tokenizer/sample.py`) is cut into words and counted
(`tokenizer/words.py`), an algorithm makes pieces of the words, and `tokenizer/written.py` writes the folder with a card
that names the corpus. The same corpus and recipe give the same bytes, on any number of threads.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from tokenizers import AddedToken, Tokenizer, processors

from corpus.card import Card, foreign
from corpus.closure import code_identity, library_versions
from corpus.output import only_build, refuse_places, refuse_strangers
from corpus.progress import Silent
from corpus.report.folder import open_build
from corpus.store import sha256_json
from tokenizer.bpe import fit_bpe
from tokenizer.pretokenize import pattern
from tokenizer.recipe import FitRecipe, LoadedFit
from tokenizer.sample import Sample, draw
from tokenizer.sentencepiece_file import as_tokenizer
from tokenizer.special import config, special_tokens
from tokenizer.trained import Need, Seen
from tokenizer.unigram import fit_unigram
from tokenizer.wordpiece import fit_wordpiece, normalizer
from tokenizer.words import count_words
from tokenizer.written import intact, write_tokenizer

LIBRARIES = ("polars", "pyarrow", "sentencepiece", "tokenizers", "xxhash")


class Fitted(NamedTuple):
    """What a fit left: where, its card, whether anything had to be done, and `run.json`'s content."""

    out: Path
    card: Card
    fresh: bool
    run: dict[str, Any]


class _Made(NamedTuple):
    """A tokenizer and the files that stand beside it."""

    backend: Tokenizer
    files: dict[str, bytes]


def fit(loaded: LoadedFit, corpus: Path, out: Path, watch: Silent) -> Fitted:
    """Fit a tokenizer to the corpus in a folder and write it to `out`. Raises `UserError` for what the user must mend:
    a folder that is no corpus, a part without text, a sample that gives no such vocabulary."""
    recipe = loaded.recipe
    special = special_tokens(recipe)
    build = open_build(corpus)
    refuse_places(out, out.parent)
    started = time.monotonic()
    with only_build(out):
        before = refuse_strangers(out, recipe.name, "tokenizer")
        card = _card(recipe, build.card)
        if before and before.identity == card.identity and intact(out, before) and not foreign(out):
            return Fitted(out, before, False, {})
        sample = draw(build, recipe.part, recipe.seed)
        words = _counted(recipe, sample, watch)
        with watch.stage("pieces", recipe.vocabulary, "pieces"):
            seen = _seen(watch, recipe.vocabulary)
            made = _made(recipe, words, special, str(loaded.file), seen)
            seen.found(recipe.vocabulary)
        counts = {
            "vocabulary": made.backend.get_vocab_size(), "special": len(special), "sample": list(sample.told),
            "bytes": sample.bytes, "words": int(words["count"].sum()), "distinct_words": words.height,
        }  # fmt: skip
        run = {"seconds": round(time.monotonic() - started, 2), "stages": watch.times, "peak_bytes": _peak(),
               "trainer_peak_bytes": seen.peak_bytes}  # fmt: skip
        card = card.model_copy(update={"counts": counts})
        return Fitted(out, write_tokenizer(out, made.backend, config(recipe), card, made.files, run), True, run)


def _card(recipe: FitRecipe, corpus: Card) -> Card:
    """The card, but for counts and files: enough to know whether the work is done."""
    told = recipe.model_dump(mode="json", exclude={"corpus"})
    code, versions = code_identity("tokenizer.fit"), library_versions(LIBRARIES)
    identity = sha256_json({"recipe": told, "corpus": corpus.identity, "code": code, "versions": versions})
    return Card(kind="tokenizer", name=recipe.name, identity=identity, parents={"corpus": corpus.identity}, recipe=told,
                code=code, versions=versions)  # fmt: skip


def _counted(recipe: FitRecipe, sample: Sample, watch: Silent) -> pl.DataFrame:
    """The words of the sample, as the algorithm will see them."""
    texts: Iterator[list[str]] = sample.texts()
    if recipe.algorithm == "wordpiece":
        normal = normalizer(recipe.wordpiece.lowercase)
        texts = ([normal.normalize_str(text) for text in group] for group in texts)
    done = 0

    def seen(size: int) -> None:
        nonlocal done
        done += size
        watch.tick(done, {"bytes": size})

    with watch.stage("words", sample.bytes, "bytes"):
        return count_words(texts, pattern(recipe.pretokenize), seen)


def _seen(watch: Silent, vocabulary: int) -> Seen:
    """Progress of the pieces as a stage of the watch."""
    last = 0

    def found(pieces: int) -> None:
        nonlocal last
        pieces = min(pieces, vocabulary)
        watch.tick(pieces, {"pieces": pieces - last})
        last = pieces

    return Seen(found)


def _made(recipe: FitRecipe, words: pl.DataFrame, special: list[str], where: str, seen: Seen) -> _Made:
    """The tokenizer of the recipe's algorithm, its special tokens marked as such."""
    need = Need(recipe.vocabulary, recipe.minimum, recipe.coverage, where)
    cut = pattern(recipe.pretokenize)
    files: dict[str, bytes] = {}
    if recipe.algorithm == "bpe":
        backend = fit_bpe(words, cut, special, need, seen)
    elif recipe.algorithm == "wordpiece":
        backend = fit_wordpiece(words, cut, special, need, seen)
        backend.normalizer = normalizer(recipe.wordpiece.lowercase)
        backend.post_processor = _framed(backend)
    else:
        model = fit_unigram(words, special, need, seen)
        backend, files["tokenizer.model"] = as_tokenizer(model), model.SerializeToString(deterministic=True)
    backend.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    if backend.get_vocab_size() != recipe.vocabulary:
        raise AssertionError(f"a vocabulary of {backend.get_vocab_size()} was made, {recipe.vocabulary} were asked for")
    return _Made(backend, files)


def _framed(backend: Tokenizer) -> processors.PostProcessor:
    """What an encoder wants around one text, and around two."""
    ids = [(token, backend.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    return processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ids)


def _peak() -> int:
    """Bytes of memory of this process at its peak."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
