"""A tokenizer opened from wherever it lies: a folder, a file, or the local cache of the Hugging Face Hub.

Every command that is given a tokenizer (`extend`, `compare`, `show`) opens it here, and `train` will. What comes in may
be anybody's: it is read as JSON or as a sentencepiece model, never unpickled, and no code of it runs. Text is encoded
as text: a document that spells out `</s>` gets the pieces of those four characters and not the special token.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tokenizers import Tokenizer

from corpus.card import Card, read_card
from corpus.errors import UserError

TOKENIZER_JSON = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
SENTENCEPIECE = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model")
LARGEST_ID = 1 << 24
LARGEST = 1 << 28  # bytes of a tokenizer file; the largest in use (Gemma's) has 34 MB


class Opened(NamedTuple):
    """A tokenizer that can be used. `name`: as the user gave it. `folder`: where its files lie. `config`: the content
    of its `tokenizer_config.json`, empty where it has none. `identity`: of its card, or the SHA-256 of its file."""

    name: str
    folder: Path
    backend: Tokenizer
    config: dict[str, Any]
    identity: str
    card: Card | None

    @property
    def size(self) -> int:
        """Rows that an embedding needs: the highest id and one."""
        return max(self.backend.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    @property
    def spec(self) -> dict[str, Any]:
        """The tokenizer as `tokenizer.json` would say it."""
        return _spec(self.backend)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without any token added."""
        return [one.ids for one in self.backend.encode_batch_fast(list(texts), add_special_tokens=False)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
        return str(self.backend.decode(list(ids), skip_special_tokens=False))


def open_tokenizer(name: str | Path) -> Opened:
    """Open a tokenizer by folder, file (`tokenizer.json`, a sentencepiece model) or the name of a model in the local
    Hub cache. Raises `UserError` when there is none, when it needs the network, or when it cannot be read."""
    path = Path(name)
    if not str(name).strip():
        raise UserError("A tokenizer without a name was asked for.", mend="give a folder, a file or a name")
    if not path.exists():
        path = _cached(str(name))
    folder, file = (path, _file_in(path)) if path.is_dir() else (path.parent, path)
    raw = _bytes(file)
    backend = _from_json(raw, file) if file.suffix == ".json" else _from_sentencepiece(file)
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = True  # text is text
    if getattr(backend.model, "dropout", None):
        backend.model.dropout = None  # pieces at random are for training
    content = hashlib.sha256(raw).hexdigest()
    card = read_card(folder) if path.is_dir() else None
    ours = card is not None and card.kind == "tokenizer" and card.outputs.get(file.name, ("", 0))[0] == content
    card = card if ours else None  # a file that was changed is not what the card speaks of
    identity = card.identity if card else content
    return Opened(str(name), folder, backend, _config(folder), identity, card)


def _file_in(folder: Path) -> Path:
    """The file of a folder that holds the tokenizer."""
    for name in (TOKENIZER_JSON, *SENTENCEPIECE):
        if (folder / name).is_file():
            return folder / name
    held = sorted(path.name for path in folder.iterdir())[:5]
    raise UserError(
        "That folder holds no tokenizer.", where=f"{folder} (it holds {', '.join(held) or 'nothing'})",
        mend=f"give a folder with {TOKENIZER_JSON} or {SENTENCEPIECE[0]}; `tokenizer fit --out DIR` makes one, and "
        "what has vocab.txt or merges.txt alone gets one by AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)",
    )  # fmt: skip


def _cached(name: str) -> Path:
    """The folder of a Hub model's tokenizer in the local cache. Nothing is fetched: what a name means may change."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        for file in (TOKENIZER_JSON, *SENTENCEPIECE):
            found = try_to_load_from_cache(name, file)
            if isinstance(found, str):
                return Path(found).parent
    except HFValidationError:
        raise UserError("There is no such tokenizer.", where=name, mend="give a folder or a file that exists") from None
    raise UserError(
        f"{name!r} is no folder or file here, and the local cache of the Hugging Face Hub does not hold it: to have "
        "it, the network is needed.", where=os.path.abspath(name),
        mend=f"where there is a network, `hf download {name} {TOKENIZER_JSON} {TOKENIZER_CONFIG}`, then run again",
    )  # fmt: skip


@contextlib.contextmanager
def usable() -> Iterator[None]:
    """What a tokenizer throws when it is used, as a sentence: the library raises bare exceptions for what it cannot
    encode, and panics."""
    try:
        yield
    except BaseException as error:
        if type(error) is Exception or type(error).__name__ == "PanicException":
            raise UserError("A tokenizer cannot encode this text.", where=str(error), mend="give another one") from None
        raise


def _bytes(file: Path) -> bytes:
    if not file.is_file():
        raise UserError("That is no file.", where=str(file), mend="give a tokenizer's folder or file")
    if file.stat().st_size > LARGEST:
        raise UserError(f"The file is too large for a tokenizer: more than {LARGEST >> 20} MiB.", where=str(file))
    return file.read_bytes()


def _from_json(raw: bytes, file: Path) -> Tokenizer:
    try:
        _refuse_large_ids(json.loads(raw), file)
        return Tokenizer.from_buffer(raw)
    except UserError:
        raise
    except (Exception, RecursionError) as error:  # the library raises bare exceptions for what it cannot read
        raise UserError("The tokenizer cannot be read.", where=f"{file}: {error}",
                        mend="give a tokenizer.json that the library `tokenizers` can load") from None  # fmt: skip


def _refuse_large_ids(spec: Any, file: Path) -> None:
    """An id is a row of a table: one in the thousands of millions would be a table of that many."""
    vocabulary = spec["model"]["vocab"]
    numbers = vocabulary.values() if isinstance(vocabulary, dict) else (len(vocabulary),)
    added = (token["id"] for token in spec.get("added_tokens") or ())
    if (highest := max((*numbers, *added), default=0)) > LARGEST_ID:
        raise UserError(f"The tokenizer has an id of {highest:,}, and no vocabulary is that large.", str(file),
                        "give another tokenizer")  # fmt: skip


def _from_sentencepiece(file: Path) -> Tokenizer:
    from tokenizer.sentencepiece_file import as_tokenizer, read_model

    model = read_model(file)
    try:
        return as_tokenizer(model)
    except UserError as error:
        raise UserError(error.what, str(file), error.mend) from None
    except Exception as error:
        raise UserError("The sentencepiece model cannot be read.", f"{file}: {error}", "give another one") from None


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / TOKENIZER_CONFIG).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


@functools.lru_cache(maxsize=8)
def _spec(backend: Tokenizer) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(backend.to_str())
    return spec
