"""A sentencepiece model (`.model`) as its protocol buffer, and the same tokenizer for the library `tokenizers`.

`tokenizer/opened.py` opens a base that has nothing but a `.model`; `tokenizer/unigram.py` and `tokenizer/extend/` write
one. Both forms give the same ids: what sentencepiece does that the other library does otherwise is undone here, and
each place says what that is.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers.models import BPE, Unigram

from corpus.errors import UserError

SPACE = "\u2581"  # what sentencepiece writes for a space
# Types of pieces in the protocol buffer (sentencepiece_model.proto).
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
UNIGRAM, BPE_TYPE = 1, 2
# A score that no path through a text can afford: what sentencepiece keeps out of its search (bytes, control tokens),
# the other library holds in the same table as the pieces of text.
NEVER = -1e7
# The name of our normalizer in a model, and the character by which it keeps U+2581, which would come back as a space,
# apart from a space: U+2581 is written as ESCAPE and 1, ESCAPE itself as ESCAPE and 0.
EXACT = "materia-exact"
ESCAPE = "\uf8f0"


def read_model(file: Path) -> Any:
    """The protocol buffer in a file. Raises `UserError` when it is none."""
    from google.protobuf.message import DecodeError

    model = empty_model()
    try:
        model.ParseFromString(file.read_bytes())
    except DecodeError:
        raise UserError(
            "The file is no sentencepiece model.", str(file), "give a .model that sentencepiece wrote"
        ) from None
    if not model.pieces:
        raise UserError("The sentencepiece model holds no pieces.", str(file), "give a .model that sentencepiece wrote")
    return model


def empty_model() -> Any:
    """A protocol buffer without content. Its classes are made at import, so that no checker knows them."""
    return importlib.import_module("sentencepiece.sentencepiece_model_pb2").ModelProto()


def as_tokenizer(model: Any) -> Tokenizer:
    """The tokenizer that gives the same ids as the model. Raises `UserError` for kinds other than BPE and Unigram."""
    kind = model.trainer_spec.model_type
    if kind == UNIGRAM:
        backend = Tokenizer(_unigram(model))
    elif kind == BPE_TYPE:
        backend = Tokenizer(_bpe(model))
    else:
        raise UserError("Of sentencepiece's models only BPE and Unigram can be used, and this is a model of words or "
                        "characters.", mend="give another tokenizer")  # fmt: skip
    spec = model.normalizer_spec
    backend.normalizer = normalizers.Sequence([*_normalizers(spec), normalizers.Replace(" ", SPACE)])
    backend.decoder = decoder(strip=spec.add_dummy_prefix, exact=spec.name == EXACT)
    add_control_tokens(backend, model)
    return backend


def _normalizers(spec: Any) -> list[Any]:
    """What is done to a text before its spaces are written as `SPACE`."""
    if spec.name == EXACT:
        return [normalizers.Replace(ESCAPE, f"{ESCAPE}0"), normalizers.Replace(SPACE, f"{ESCAPE}1")]
    steps: list[Any] = [normalizers.Precompiled(spec.precompiled_charsmap)] if spec.precompiled_charsmap else []
    if spec.remove_extra_whitespaces:
        steps += [normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    return [*steps, normalizers.Prepend(" ")] if spec.add_dummy_prefix else steps


def decoder(strip: bool, exact: bool = False) -> Any:
    """From pieces back to text: bytes joined, `SPACE` a space again, and the space put before the text taken away."""
    steps: list[Any] = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    if exact:
        steps += [decoders.Replace(f"{ESCAPE}1", SPACE), decoders.Replace(f"{ESCAPE}0", ESCAPE)]
    return decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)] if strip else steps)


def add_control_tokens(backend: Tokenizer, model: Any) -> None:
    """Control and unknown tokens as special tokens, user-defined ones as tokens that are cut out of the text first."""
    special = [piece.piece for piece in model.pieces if piece.type in (CONTROL, UNKNOWN)]
    backend.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in special])
    defined = [piece.piece for piece in model.pieces if piece.type == USER_DEFINED]
    backend.add_tokens([AddedToken(name, normalized=False, special=False) for name in defined])


def has_bytes(model: Any) -> bool:
    """Whether a character without a piece is spelt out in bytes."""
    return bool(sum(piece.type == BYTE for piece in model.pieces) == 256)


def _unigram(model: Any) -> Unigram:
    scored = [(piece.piece, piece.score if piece.type in (NORMAL, USER_DEFINED) else NEVER) for piece in model.pieces]
    return models.Unigram(scored, _unknown(model), has_bytes(model))


def _bpe(model: Any) -> BPE:
    """Sentencepiece joins whatever two neighbours make a piece, the best piece first; the other library knows merges.
    So every way in which a piece can be made of two others is a merge, in order of the piece's score."""
    vocabulary = {piece.piece: number for number, piece in enumerate(model.pieces)}
    text = {piece.piece for piece in model.pieces if piece.type in (NORMAL, USER_DEFINED)}
    ordered = sorted((piece for piece in model.pieces if piece.type == NORMAL), key=lambda piece: -piece.score)
    merges = [pair for piece in ordered for pair in ways(piece.piece, text)]
    unknown = model.pieces[number].piece if (number := _unknown(model)) is not None else None
    return models.BPE(vocab=vocabulary, merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=has_bytes(model))


def ways(piece: str, pieces: set[str]) -> list[tuple[str, str]]:
    """The ways in which a piece is made of two pieces, the shortest start first."""
    cuts = ((piece[:at], piece[at:]) for at in range(1, len(piece)))
    return [(left, right) for left, right in cuts if left in pieces and right in pieces]


def _unknown(model: Any) -> int | None:
    return next((number for number, piece in enumerate(model.pieces) if piece.type == UNKNOWN), None)
