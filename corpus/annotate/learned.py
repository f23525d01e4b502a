"""How relevant to medicine and how good a document is, as classifiers see it that were trained on weak labels.

Comes from `text` and `language.tag`; the classifiers come from `corpus/learn/stage.py`, which trains them at build
time, or from a folder of `corpus quality fit`. Goes to rules and tiers. They are fastText's bags of n-grams (A. Joulin
et al. 2017, arXiv:1607.01759), one a task and language: words and pairs of words in English, characters and pairs of
characters in Chinese, on the beginning of the matching view, digits as 0. A score is the calibrated probability under
equal numbers of positive and negative documents; a document in a language without a classifier has none.

A model file is not believed: its size, its hash, its format (`fasttext_format.py`) and its labels are checked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.annotate.fact import Fact
from corpus.annotate.fasttext_format import check
from corpus.annotate.settings import LearnedModels, ModelFile
from corpus.errors import UserError
from corpus.store import sha256_file
from corpus.text import codepoints
from corpus.text.fold import EAST_ASIAN, SPACE, fold

NEEDS = ("language",)
LIBRARIES = ("numpy", "opencc", "fasttext-numpy2-wheel")

TASKS = ("relevance", "quality")
FACTS = (
    Fact("learned.relevance", "Float32", "probability", "0..1, null without a classifier", "That it is of medicine."),
    Fact("learned.quality", "Float32", "probability", "0..1, null without a classifier",
         "That it is like the references, guidelines and trials that the labels call good."),
)  # fmt: skip

LONGEST = 1_500  # characters of a document that are looked at
LARGEST = 1 << 30  # bytes of a model file
POSITIVE, NEGATIVE = "__label__positive", "__label__negative"
MEND = "fit the classifiers again with `corpus quality fit`"
_DIGIT = np.uint32(ord("0"))


def annotate(batch: pl.DataFrame, settings: Any = None) -> pl.DataFrame:
    """FACTS of each row. Raises `UserError` for a model that is missing, damaged or none of ours."""
    files = settings.files if isinstance(settings, LearnedModels) else ()
    columns = {task: np.full(batch.height, np.nan, np.float32) for task in TASKS}
    spoken = np.array([language_of(tag) for tag in batch["language.tag"].to_list()], object)
    for language in sorted({file.language for file in files}):
        rows = np.flatnonzero(spoken == language)
        texts = lines(batch["text"].gather(rows).to_list()) if len(rows) else []
        for file in files:
            if file.language == language and texts:
                columns[file.task][rows] = scores(file, texts)
    table = pl.DataFrame({f"learned.{task}": column for task, column in columns.items()})
    return table.select(pl.col(fact.name).fill_nan(None) for fact in FACTS)


def resources(settings: Any) -> Any:
    """The classifiers by hash and calibration."""
    return settings.model_dump(mode="json") if isinstance(settings, LearnedModels) else None


def language_of(tag: str | None) -> str:
    """The language of the classifier that reads a document: `zh` for Chinese in every form."""
    head = (tag or "").partition("-")[0]
    return "zh" if head in ("zh", "lzh") else head


def lines(texts: Sequence[str]) -> list[str]:
    """What a classifier reads of each text: the matching view on one line, every Chinese character and every mark a
    token of its own."""
    result: list[str] = []
    for begin, end in codepoints.batches([text[:LONGEST] for text in texts]):
        view = fold([text[:LONGEST] for text in texts[begin:end]])
        codes = view.codes.copy()
        digit = (codes >= _DIGIT) & (codes <= _DIGIT + np.uint32(9))
        codes[digit] = _DIGIT
        word = digit | ((codes >= ord("a")) & (codes <= ord("z"))) | (codes == ord("'"))
        word |= (codes >= 0xC0) & (codes < EAST_ASIAN) & ~((codes >= 0x2000) & (codes < 0x2C00))
        alone = ~word & (codes != SPACE) & (codes != codepoints.NEWLINE)
        spaced = np.zeros((len(codes), 3), np.uint32)
        spaced[:, 1] = codes
        spaced[alone, 0] = spaced[alone, 2] = SPACE
        flat = spaced.ravel()
        result += flat[flat != 0].astype("<u4").tobytes().decode("utf-32-le").split("\n")[1:-1]
    return result


def scores(file: ModelFile, texts: Sequence[str]) -> NDArray[np.float32]:
    """The calibrated probability of each prepared text."""
    odds = log_odds(loaded(file), texts)
    return (1 / (1 + np.exp(-(file.slope * odds + file.intercept)))).astype(np.float32)


def log_odds(model: Any, texts: Sequence[str]) -> NDArray[np.float64]:
    """The model's own log-odds of the positive label, bounded where fastText rounds to 0 and 1."""
    labels, shares = model.predict(list(texts), k=2)
    positive = np.array([dict(zip(names, values, strict=True)).get(POSITIVE, 0.0)
                         for names, values in zip(labels, shares, strict=True)])  # fmt: skip
    bounded = np.clip(positive, 1e-5, 1 - 1e-5)
    return np.asarray(np.log(bounded / (1 - bounded)))


def loaded(file: ModelFile) -> Any:
    """The model of a file, checked once for each state of it."""
    path = Path(file.path)
    try:
        state = path.stat()
    except OSError as error:
        raise UserError(f"A classifier cannot be read: {error.strerror}.", file.path, MEND) from None
    return _load(file.path, file.sha256, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=8)
def _load(path: str, sha256: str, size: int, changed: int) -> Any:
    if size > LARGEST:
        raise UserError(f"A classifier has {size >> 20:,} MiB, more than the {LARGEST >> 20:,} allowed.", path, MEND)
    if sha256_file(Path(path)) != sha256:
        raise UserError("A classifier is not the file that its card describes.", path, MEND)
    try:
        check(Path(path))
    except ValueError as error:
        raise UserError(f"This is not a whole fastText classifier: {error}.", path, MEND) from None
    import fasttext

    model = fasttext.load_model(path)
    if set(model.labels) != {POSITIVE, NEGATIVE}:
        raise UserError("A classifier has labels that are not ours: " + ", ".join(sorted(model.labels)[:4]), path, MEND)
    return model
