"""A text cut into the pieces of a tokenizer, each with its id, its bytes, and the characters it stands for.

What `tokenizer show` prints and the examples of `tokenizer compare` draw. A piece may be less than a character (a byte
of it), more, or something that the text does not hold (a space put before it, an unknown token).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import NamedTuple

from tokenizers.pre_tokenizers import ByteLevel

from corpus.errors import UserError
from tokenizer.opened import Opened
from tokenizer.sentencepiece_file import SPACE


class Piece(NamedTuple):
    """`id`; `name` as the vocabulary spells it; `raw`, the bytes of UTF-8 that it stands for, None where it stands for
    anything (unknown, special); `start` and `end`, the characters of the text."""

    id: int
    name: str
    raw: bytes | None
    start: int
    end: int

    @property
    def text(self) -> str | None:
        """Its bytes as text; None where they are no whole characters."""
        try:
            return self.raw.decode() if self.raw is not None else None
        except UnicodeDecodeError:
            return None


@contextmanager
def able(opened: Opened) -> Iterator[None]:
    """Inside, the library's way of saying that a tokenizer cannot encode a text (WordPiece without its unknown token
    says so) becomes a `UserError`."""
    try:
        yield
    except Exception as error:  # the library raises nothing narrower
        mend = "give a tokenizer that has a token for what it does not know, or pieces for all bytes"
        raise UserError("That tokenizer cannot encode the text.", f"{opened.name}: {error}", mend) from None


def cut(opened: Opened, text: str) -> list[Piece]:
    """The pieces of a text, in order."""
    spelling = _spelling(opened)
    with able(opened):
        encoded = opened.backend.encode(text, add_special_tokens=False)
    found = [
        Piece(number, name, spelling(name), start, end)
        for number, name, (start, end) in zip(encoded.ids, encoded.tokens, encoded.offsets, strict=True)
    ]
    runs = (list(run) for _, run in groupby(found, key=lambda piece: (piece.start, piece.end)))
    return [piece for run in runs for piece in (_each_its_character(run, text) if len(run) > 1 else run)]


def spelled(opened: Opened, ids: Sequence[int]) -> list[tuple[str | None, bytes | None]]:
    """Of each id its name (None where it has none) and the bytes that it stands for, None where it stands for anything
    (unknown, special)."""
    spelling = _spelling(opened)
    names = [opened.backend.id_to_token(number) for number in ids]
    return [(name, None if name is None else spelling(name)) for name in names]


def _each_its_character(run: list[Piece], text: str) -> list[Piece]:
    """The bytes of sentencepiece's fallback all have the span of the whole run of characters without a piece: give
    each that of its own character."""
    start, stands = run[0].start, text[run[0].start : run[0].end]
    raw = b"".join(piece.raw or b"" for piece in run)
    if len(stands) < 2 or any(piece.raw is None or len(piece.raw) != 1 for piece in run) or raw != stands.encode():
        return run
    owners = [place for place, character in enumerate(stands) for _ in character.encode()]
    return [piece._replace(start=start + at, end=start + at + 1) for piece, at in zip(run, owners, strict=True)]


class _Spelling:
    """How the names of a vocabulary spell bytes: in the byte-level alphabet, or as text with `<0x0A>` for bytes."""

    def __init__(self, byte_level: bool, none: frozenset[str], prefix: str) -> None:
        self._byte_level, self._none, self._prefix = byte_level, none, prefix

    def __call__(self, name: str) -> bytes | None:
        if name in self._none:
            return None
        if self._byte_level:
            return (
                bytes(_alphabet()[character] for character in name) if set(name) <= set(_alphabet()) else name.encode()
            )
        if len(name) == 6 and name.startswith("<0x") and name.endswith(">"):
            return bytes([int(name[3:5], 16)])
        if self._prefix and name.startswith(self._prefix):
            name = name[len(self._prefix) :]
        return name.replace(SPACE, " ").encode()


def _spelling(opened: Opened) -> _Spelling:
    spec = opened.spec
    special = {token["content"] for token in spec["added_tokens"] if token["special"]}
    unknown = spec["model"].get("unk_token")
    none = frozenset(special | ({unknown} if isinstance(unknown, str) else set()))
    prefix = spec["model"].get("continuing_subword_prefix") or ""
    return _Spelling(byte_level(opened), none, prefix)


def byte_level(opened: Opened) -> bool:
    """Whether the vocabulary is spelt in the byte-level alphabet: whether its decoder says so."""
    decoder = opened.spec.get("decoder") or {}
    kinds = [decoder, *decoder.get("decoders", ())]
    return any(kind.get("type") == "ByteLevel" for kind in kinds)


@functools.lru_cache(maxsize=1)
def _alphabet() -> dict[str, int]:
    """The byte of each character of the byte-level alphabet: printable bytes stand for themselves, the others, in
    order, for the characters from U+0100 on (GPT-2)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable} | {chr(0x100 + place): byte for place, byte in enumerate(others)}
    assert set(table) == set(ByteLevel.alphabet())
    return table


def segments(raw: bytes) -> list[str | bytes]:
    """Bytes as text where they are whole characters, and as bytes where they are not, in order."""
    found: list[str | bytes] = []
    while raw:
        try:
            return [*found, raw.decode()]
        except UnicodeDecodeError as error:
            found += [raw[: error.start].decode()] if error.start else []
            found.append(raw[error.start : error.end])
            raw = raw[error.end :]
    return found
