"""The base with its new pieces: `tokenizer.json`, and the sentencepiece model where the base has one.

New pieces come from `tokenizer/extend/price.py` (BPE, Unigram) and `tokenizer/extend/wordpiece.py`; the result goes to
`tokenizer/extend/run.py`. Every id of the base stays, whatever is in the middle of them or behind; new ids begin after
the highest one in use. Merges go behind all merges of the base, and in sentencepiece scores below all scores.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from tokenizers import Tokenizer

from tokenizer.extend.family import Family
from tokenizer.extend.learn import Piece
from tokenizer.opened import SENTENCEPIECE
from tokenizer.sentencepiece_file import (
    CONTROL,
    NEVER,
    NORMAL,
    UNUSED,
    USER_DEFINED,
    as_tokenizer,
    read_model,
    ways,
)  # fmt: skip

BELOW = 5.0  # an unknown character costs 10 more than the worst piece (sentencepiece, unigram_model.cc, kUnkPenalty)
TIE = 1 / 256
GAIN = 1 / 64  # score by which a Unigram piece beats the old pieces it is made of, for each token that it saves


class Grown(NamedTuple):
    """The extended tokenizer, and its sentencepiece model by file name where there is one."""

    backend: Tokenizer
    files: dict[str, bytes]


def grown(family: Family, pieces: Sequence[Piece]) -> Grown:
    """The base with the pieces; ids that are in use stay."""
    file = next((family.opened.folder / name for name in SENTENCEPIECE
                 if (family.opened.folder / name).is_file()), None)  # fmt: skip
    files: dict[str, bytes] = {}
    model = None
    if file is not None and not family.cut_by_words:
        model = _model(read_model(file), family, pieces)
        files[file.name] = model.SerializeToString(deterministic=True)
    only_model = model is not None and not (family.opened.folder / "tokenizer.json").is_file()
    backend = as_tokenizer(model) if only_model else Tokenizer.from_str(json.dumps(_spec(family, pieces)))
    backend.encode_special_tokens = True
    _assert_ids_stay(family, backend, pieces)
    return Grown(backend, files)


def _spec(family: Family, pieces: Sequence[Piece]) -> dict[str, Any]:
    """`tokenizer.json`. Added tokens that are in no vocabulary would be numbered anew behind the new pieces when it is
    loaded, so that they are put into the vocabulary: no merge makes them, and nothing else changes."""
    spec: dict[str, Any] = copy.deepcopy(family.spec)
    model = spec["model"]
    if family.kind == "Unigram":
        return _unigram(spec, family, pieces)
    vocabulary: dict[str, int] = model["vocab"]
    for token in spec["added_tokens"]:
        vocabulary.setdefault(token["content"], token["id"])
    vocabulary.update((piece.name, piece.number) for piece in pieces)
    if family.kind == "WordPiece":
        longest = max((len(piece.name) for piece in pieces), default=0)
        model["max_input_chars_per_word"] = max(model["max_input_chars_per_word"], longest)
    else:
        names = {piece.number: piece.name for piece in pieces}
        first = pieces[0].number if pieces else 0
        if family.kind == "sentencepiece BPE":
            text = {*family.vocabulary, *names.values()}
            merges = [list(pair) for piece in pieces for pair in ways(piece.name, text)]
        else:
            merges = [[names[one] if one >= first else family.name(one) for one in pair]
                      for piece in pieces for pair in piece.pairs]  # fmt: skip
        model["merges"] += merges
        if family.kind == "byte-level BPE" and any(not piece.pairs for piece in pieces):
            model["ignore_merges"] = True  # words that no merge makes are looked up first
    return spec


def _unigram(spec: dict[str, Any], family: Family, pieces: Sequence[Piece]) -> dict[str, Any]:
    """Ids of Unigram are places in a list: what lies between is filled with names that no text can have."""
    listed: list[list[Any]] = spec["model"]["vocab"]
    scores = {number: score for number, (_, score) in enumerate(listed)}
    for number in range(len(listed), family.size):
        listed.append([family.added.get(number, f"<unused_{number}>"), NEVER])
    floor = min(score for score in scores.values() if score > NEVER) - BELOW
    for rank, piece in enumerate(pieces):
        scores[piece.number] = unigram_score(piece, scores, floor, rank / len(pieces))
        listed.append([piece.name, scores[piece.number]])
    return spec


def unigram_score(piece: Piece, scores: dict[int, float], floor: float, rank: float) -> float:
    """A little more than the best that the old pieces reach: the best path through a text goes through the new piece
    exactly where it went through those. A character that was unknown, or spelt in bytes, gets `floor`, less than every
    piece. `rank`, from 0 to 1, settles which of two pieces that overlap is taken: libraries that add in 32 and in 64
    bits would settle a tie each in its own way."""
    if not piece.pairs:
        return floor
    return float(sum(scores[number] for number in piece.old) + GAIN * (len(piece.old) - 1) + TIE * (1 - rank))


def _model(model: Any, family: Family, pieces: Sequence[Piece]) -> Any:
    """The sentencepiece model, in which an id is a place: added tokens behind it become pieces of it."""
    scores = {number: piece.score for number, piece in enumerate(model.pieces)}
    lowest = min((piece.score for piece in model.pieces if piece.type == NORMAL), default=0.0)
    special = {token["id"] for token in family.spec["added_tokens"] if token["special"]}
    for number in range(len(model.pieces), family.size):
        name = family.added.get(number)
        kind = UNUSED if name is None else CONTROL if number in special else USER_DEFINED
        model.pieces.add(piece=name or f"<unused_{number}>", score=0.0, type=kind)
    for rank, piece in enumerate(pieces, 1):
        if family.kind == "Unigram":
            scores[piece.number] = unigram_score(piece, scores, lowest - BELOW, (rank - 1) / len(pieces))
        else:
            scores[piece.number] = lowest - rank
        model.pieces.add(piece=piece.name, score=scores[piece.number], type=NORMAL)
    if model.trainer_spec.vocab_size:
        model.trainer_spec.vocab_size = len(model.pieces)
    return model


def _assert_ids_stay(family: Family, backend: Tokenizer, pieces: Sequence[Piece]) -> None:
    """A tokenizer whose old ids moved must never be written."""
    before = family.backend.get_vocab(with_added_tokens=True)
    after = backend.get_vocab(with_added_tokens=True)
    moved = [name for name, number in before.items() if after.get(name) != number]
    wrong = [piece.name for piece in pieces if after.get(piece.name) != piece.number]
    if moved or wrong:
        raise AssertionError(f"ids moved: {(moved or wrong)[:5]}")
