"""What an extension must know of a base: how it writes text, what its pieces are called, and what may not be joined.

Made from an opened tokenizer by `family_of`, which refuses kinds that cannot be extended; used by all of
`tokenizer/extend/`. Four families: byte-level BPE (GPT-2, Llama 3, Qwen), sentencepiece's BPE (Llama 2),
sentencepiece's Unigram, and WordPiece (BERT).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UserError
from tokenizer.opened import Opened
from tokenizer.sentencepiece_file import SPACE

Kind = Literal["byte-level BPE", "sentencepiece BPE", "Unigram", "WordPiece"]
Ids = NDArray[np.int32]
_HAN = r"\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLASS = {"letters": re.compile(rf"[^\W\d_{_HAN}]+"), "han": re.compile(f"[{_HAN}]+"), "signs": re.compile(r"[^\w\s]+")}
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class Family:
    """A base that can be extended. `backend` encodes; `spec` is its `tokenizer.json`; `size`: rows of its embedding."""

    def __init__(self, opened: Opened, kind: Kind) -> None:
        self.kind, self.opened, self.backend, self.spec, self.size = (
            kind, opened, opened.backend, opened.spec, opened.size
        )  # fmt: skip
        model = self.spec["model"]
        self.vocabulary: dict[str, int] = _vocabulary(model)
        self.names = {number: name for name, number in self.vocabulary.items()}
        self.added = {token["id"]: token["content"] for token in self.spec["added_tokens"]}
        self.prefix = str(model.get("continuing_subword_prefix") or "") if kind == "WordPiece" else ""
        self.cut_by_words = kind in ("byte-level BPE", "WordPiece")
        self._classes = np.zeros(self.size + 1, np.int32)
        if not self.cut_by_words:
            self._classify()
        self.closed = self._closed()
        self.lone = self.vocabulary.get(SPACE, -1)
        self.warnings: tuple[str, ...] = _warnings(self.spec, kind)

    def name(self, number: int) -> str:
        """What the base calls an id."""
        return str(self.names.get(number, self.added.get(number, "")))

    def number(self, name: str) -> int | None:
        """The id of a name."""
        return self.vocabulary.get(name)

    def join(self, left: str, right: str) -> str:
        """The name of two pieces joined."""
        return left + right.removeprefix(self.prefix)

    def cuts(self, name: str) -> list[tuple[str, str]]:
        """The two names in every way to cut a name in two."""
        start = len(self.prefix) if self.prefix and name.startswith(self.prefix) else 0
        return [(name[:at], self.prefix + name[at:]) for at in range(start + 1, len(name))]

    def text(self, name: str) -> bytes:
        """The bytes of text that a piece stands for."""
        if self.kind == "byte-level BPE":
            return bytes(_BYTES[letter] for letter in name)
        return name.removeprefix(self.prefix).replace(SPACE, " ").encode()

    def normal(self, text: str) -> str:
        """The text as the base's normalizer leaves it, without a space that it puts in front."""
        normalizer = self.backend.normalizer
        return str(normalizer.normalize_str(text)).removeprefix(SPACE).strip() if normalizer else text

    def lacks(self, character: str) -> bool:
        """Whether a character has no id."""
        return self.number(character) is None

    def spellings(self, character: str) -> list[str]:
        """The names that a character needs: a WordPiece that cuts between no others needs one inside words too."""
        if self.kind != "WordPiece" or not self.prefix or self.alone(character):
            return [character]
        return [character, self.prefix + character]

    def spelt(self, character: str) -> tuple[int, ...]:
        """The base's ids of a character that has none of its own: its bytes, or the unknown token."""
        spelling = [self.vocabulary.get(f"<0x{byte:02X}>") for byte in character.encode()]
        if self.spec["model"].get("byte_fallback") and None not in spelling:
            return tuple(number for number in spelling if number is not None)
        unknown = self.spec["model"].get("unk_id", self.vocabulary.get(self.spec["model"].get("unk_token") or ""))
        return () if unknown is None else (unknown,)

    def alone(self, character: str) -> bool:
        """Whether the base makes a character a word of its own wherever it stands."""
        normal, cut = self.backend.normalizer, self.backend.pre_tokenizer
        text = f"a{character}a"
        text = normal.normalize_str(text) if normal else text
        return cut is not None and any(word == character for word, _ in cut.pre_tokenize_str(text))

    def encoded(self, lines: Sequence[str]) -> Iterator[tuple[Ids, Ids]]:
        """The ids of each line, and for each id the number of its word."""
        for one in self.backend.encode_batch(list(lines), add_special_tokens=False):
            ids = np.array(one.ids, np.int32)
            words = np.array(one.word_ids, np.int32) if self.cut_by_words else self._words(ids)
            yield ids, self._apart(ids, words)

    def _closed(self) -> NDArray[np.bool_]:
        """Ids that nothing may be joined to: added tokens, the unknown token, and in sentencepiece's families what is
        no text."""
        closed = np.zeros(self.size + 1, bool)
        closed[[number for number in self.added if number < self.size]] = True
        model = self.spec["model"]
        unknown = model.get("unk_id") if self.kind == "Unigram" else self.vocabulary.get(model.get("unk_token") or "")
        if unknown is not None:
            closed[unknown] = True
        if not self.cut_by_words:
            closed |= self._classes < 0
        return closed

    def _apart(self, ids: Ids, words: Ids) -> Ids:
        """The words, in which every closed id is one of its own."""
        shut = self.closed[ids]
        if not shut.any():
            return words
        new = np.zeros(len(ids), bool)
        new[1:] = (np.diff(words) != 0) | shut[1:] | shut[:-1]
        return np.cumsum(new).astype(np.int32)

    def _words(self, ids: Ids) -> Ids:
        """A word begins with a piece that begins with a space, and where one class of character follows another."""
        kinds = self._classes[ids]
        new = np.zeros(len(ids), bool)
        new[1:] = (kinds[1:] >= 8) | ((kinds[1:] & 7) != (kinds[:-1] & 7)) | ((kinds[1:] & 7) == 0)
        new[1:] &= (ids[:-1] != self.lone) | (kinds[1:] != 1)  # a lone space before letters belongs to their word
        return np.cumsum(new).astype(np.int32)

    def _classify(self) -> None:
        """For each id its class (0: mixed or digits, to which nothing is joined), plus 8 when it begins with a space;
        -1: no text."""
        for number, name in self.names.items():
            if _BYTE.fullmatch(name):
                self._classes[number] = -1
                continue
            text = name.removeprefix(SPACE)
            found = [place for place, one in enumerate(_CLASS.values(), 1) if one.fullmatch(text)]
            self._classes[number] = (found[0] if found else 0) + 8 * (name != text)


def _warnings(spec: Any, kind: Kind) -> tuple[str, ...]:
    """What a reader must know of a base before anything is measured."""
    told = []
    isolating = _holds(spec["normalizer"], "BertNormalizer") and _flag(spec["normalizer"], "handle_chinese_chars")
    if kind == "WordPiece" and (isolating or _holds(spec["pre_tokenizer"], "BertPreTokenizer")):
        told.append("the base makes every Han character a word of its own, so that it can take no Chinese words")
    if kind != "byte-level BPE" and not spec["model"].get("byte_fallback"):
        told.append("the base has no byte fallback: a character without an id is unknown to it")
    return tuple(told)


def family_of(opened: Opened) -> Family:
    """The family of a base. Raises `UserError` for kinds that cannot be extended."""
    spec = opened.spec
    model = spec["model"]
    kind = model["type"]
    if kind == "WordPiece":
        return Family(opened, "WordPiece")
    if kind == "Unigram":
        return Family(opened, "Unigram")
    if kind != "BPE":
        raise _refused(opened, f"it is a {kind}, which has whole words and no rule by which longer pieces form")
    for key in ("continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(key):
            raise _refused(opened, f"its pieces carry {model[key]!r} ({key}), so that a piece inside a word and one at "
                                   "its edge differ")  # fmt: skip
    if _holds(spec["pre_tokenizer"], "ByteLevel"):
        return Family(opened, "byte-level BPE")
    if model.get("byte_fallback") or _holds(spec["pre_tokenizer"], "Metaspace") or SPACE in str(spec["normalizer"]):
        return Family(opened, "sentencepiece BPE")
    raise _refused(opened, "it is a BPE of neither bytes nor sentencepiece's kind")


def _refused(opened: Opened, why: str) -> UserError:
    return UserError(f"That tokenizer cannot be extended: {why}.", where=opened.name,
                     mend="give a byte-level BPE (GPT-2, Llama 3, Qwen), a sentencepiece BPE or Unigram (Llama 2, "
                          "XLM-R) or a WordPiece (BERT)")  # fmt: skip


def _holds(part: Any, kind: str) -> bool:
    """Whether a pre-tokenizer or normalizer, alone or in a sequence, is of that kind."""
    if not part:
        return False
    inside = (*part.get("pretokenizers", ()), *part.get("normalizers", ()))
    return part["type"] == kind or any(_holds(one, kind) for one in inside)


def _flag(part: Any, key: str) -> bool:
    """Whether a part, or one in its sequence, has a setting that is true."""
    return bool(part.get(key)) or any(_flag(one, key) for one in part.get("normalizers", ()))


def _vocabulary(model: Any) -> dict[str, int]:
    if model["type"] == "Unigram":
        return {name: number for number, (name, _) in enumerate(model["vocab"])}
    return dict(model["vocab"])


def _byte_letters() -> dict[str, int]:
    from tokenizer.bpe import byte_letters

    return {letter: number for number, letter in enumerate(byte_letters())}


_BYTES = _byte_letters()
