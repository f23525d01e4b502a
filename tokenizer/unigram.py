"""Unigram with byte fallback, as a sentencepiece `.model` and as `tokenizer.json` with identical ids.

Words come from `tokenizer/words.py`, the trainer is sentencepiece's; both forms go to `tokenizer/fit.py`. Three things
are done to the trained model. Its pieces get the characters back that the trainer could not see. Its normalizer keeps
every text as it is, U+2581 too, which sentencepiece else gives back as a space. And its scores are rounded to 1/64:
sentencepiece adds them in 32 bits and the other library in 64, and sums of such numbers are the same in both, for
lines of up to some 20,000 pieces; otherwise the two disagree where two ways to cut a word are all but equally good.

The cut shapes what is learned. Encoding looks for the best way through the whole text and cuts nothing beforehand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from tokenizer.merges import BACK, KEPT, NAMES, named
from tokenizer.seeds import seeds
from tokenizer.sentencepiece_file import ESCAPE, EXACT, NORMAL, SPACE
from tokenizer.trained import Need, Seen
from tokenizer.trainer import TrainerError, run_trainer

GRAIN = 64
LONGEST_PIECE = 16  # characters, sentencepiece's own default
# Characters that a piece of text cannot hold: sentencepiece's own, ours, and the end of a string in C++.
_OUT = "[\0\u2585" + SPACE + ESCAPE + chr(0xF0000) + "-" + chr(0xF0000 + len(KEPT) - 1) + "]"
_TOO_HIGH = re.compile(r"Vocabulary size too high \(\d+\)\. Please set it to a value <= (\d+)")
_TOO_LOW = re.compile(r"Vocabulary size is smaller than required_chars\. \d+ vs (\d+)")
_HEX = f"{ord(ESCAPE):X}"
# How sentencepiece keeps U+2581 apart from a space, there and back: in hexadecimal, from and to.
RULES = {
    "normalization_rule_tsv": f"{ord(SPACE):X}\t{_HEX} 31\n{_HEX}\t{_HEX} 30\n",
    "denormalization_rule_tsv": f"{_HEX} 31\t{ord(SPACE):X}\n{_HEX} 30\t{_HEX}\n",
}
# Characters that have a piece whether or not they occur. Those of the special tokens are among them, because the other
# library would read `</s>` in a text as the token if one of its four characters were unknown.
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_SPACE_NAME = chr(NAMES[ord(" ")])


def fit_unigram(words: pl.DataFrame, special: Sequence[str], need: Need, seen: Seen) -> Any:
    """A sentencepiece model (protocol buffer) with exactly `need.vocabulary` pieces: `special` (unknown, begin, end and
    pad first), the 256 bytes, and pieces of text. Raises `UserError` when the words give fewer."""
    usable = words.filter(~pl.col("word").str.contains(_OUT))
    unknown, begin, end, pad, *more = special
    options = {"model_type": "unigram", "vocab_size": need.vocabulary, "character_coverage": need.coverage,
               "hard_vocab_limit": True, "byte_fallback": True, "max_sentencepiece_length": LONGEST_PIECE,
               "unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": 3, "unk_piece": unknown, "bos_piece": begin,
               "eos_piece": end, "pad_piece": pad, "control_symbols": more, "unk_surface": " \u2047 ",
               "required_chars": "".join(sorted({*_ASCII, *"".join(special)}))}  # fmt: skip
    visible = named(usable)
    start = seeds(visible, LONGEST_PIECE).write_csv(separator="\t", include_header=False, quote_style="never")
    try:
        files = {**RULES, "seed_sentencepieces_file": start}
        falling = _falling(seen, need.vocabulary)
        model = run_trainer(visible, options, falling, files).model
        seen.peak_bytes = falling.peak_bytes
    except TrainerError as error:
        if found := _TOO_HIGH.search(str(error)):
            raise need.missing(int(found[1])) from None
        if found := _TOO_LOW.search(str(error)):
            raise need.cramped(int(found[1])) from None
        raise
    for piece in model.pieces:
        if piece.type == NORMAL:
            piece.piece = piece.piece.replace(_SPACE_NAME, SPACE).translate(BACK)
            piece.score = round(piece.score * GRAIN) / GRAIN
    model.normalizer_spec.name = EXACT
    for spec, fields in ((model.trainer_spec, ("input", "model_prefix", "seed_sentencepieces_file", "num_threads")),
                         (model.normalizer_spec, ("normalization_rule_tsv",)),
                         (model.denormalizer_spec, ("normalization_rule_tsv",))):  # fmt: skip
        for field in fields:  # temporary paths, and what differs from machine to machine
            spec.ClearField(field)
    return model


def _falling(seen: Seen, vocabulary: int) -> Seen:
    """Pieces that still stand, told as pieces found: a quarter of them falls at every step until few more than the
    vocabulary are left (sentencepiece, unigram_model_trainer.cc)."""
    most = 0

    def standing(pieces: int) -> None:
        nonlocal most
        most = max(most, pieces)
        steps = math.log(most / max(1.1 * vocabulary, 1))
        seen.found(int(vocabulary * min(1.0, math.log(most / pieces) / steps)) if steps > 0 else vocabulary)

    return Seen(standing)
