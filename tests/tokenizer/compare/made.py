"""Tokenizers made of a few words, whose every piece is known: what the measures are computed by hand for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from tokenizer.opened import Opened, open_tokenizer
from tokenizer.sentencepiece_file import SPACE, decoder

NEVER = -1e7


def byte_level(words: Sequence[str], trim: bool = False) -> Tokenizer:
    """Byte-level BPE that has all bytes and these words (a space before one is part of it) as pieces, nothing else."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary, merges = {piece: number for number, piece in enumerate(alphabet)}, []
    for word in words:
        spelt = "".join(piece for piece, _ in pre_tokenizers.ByteLevel(False, use_regex=False).pre_tokenize_str(word))
        for at in range(1, len(spelt)):
            if spelt[: at + 1] not in vocabulary:
                vocabulary[spelt[: at + 1]] = len(vocabulary)
                merges.append((spelt[:at], spelt[at]))
    made = Tokenizer(models.BPE(vocabulary, merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.post_processor = processors.ByteLevel(trim_offsets=trim)
    made.decoder = decoders.ByteLevel()
    return made


def word_piece(pieces: Sequence[str]) -> Tokenizer:
    """BERT's pipeline in small letters with these pieces."""
    made = Tokenizer(models.WordPiece({name: n for n, name in enumerate(["[UNK]", *pieces])}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    return made


def unigram(pieces: Sequence[str]) -> Tokenizer:
    """Sentencepiece's Unigram with byte fallback and a space put before the text; `_` in a piece is a space."""
    spelt = [(piece.replace("_", SPACE), -float(len(pieces) - n)) for n, piece in enumerate(pieces)]
    of_bytes = [(f"<0x{byte:02X}>", NEVER) for byte in range(256)]
    made = Tokenizer(models.Unigram([("<unk>", NEVER), *of_bytes, (SPACE, -50.0), *spelt], 0, True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend(" "), normalizers.Replace(" ", SPACE)])
    made.decoder = decoder(strip=True)
    return made


def opened(folder: Path, made: Tokenizer) -> Opened:
    """The tokenizer as a command finds it: in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    return open_tokenizer(folder)
