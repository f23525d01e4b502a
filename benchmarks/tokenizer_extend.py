"""Extending a general bilingual tokenizer with medical pieces: ours, and the merge of Chinese-LLaMA, on the same bases.

    python -m benchmarks.tokenizer_extend --medical CORPUS --general CORPUS [--pieces 4000] [--seed 0]

Both corpora are outputs of `corpus build`. Of the general documents, by a hash of their ids, 70 % fit the two bases
(sentencepiece BPE with byte fallback as Llama 2's, and byte-level BPE as Llama 3's, 16,000 ids) and choose pieces, and
30 % judge. The medical training split is learned from, its held-out split judges.

The merge (ymcui/Chinese-LLaMA-Alpaca, scripts/merge_tokenizer/merge_tokenizers.py, method only): a model is fitted to
the domain, and every piece of it that the base lacks is appended with score 0, above all pieces of the base. Beside it
the same pieces with ranks that go on below the base's. Both get as many new pieces as ours found.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import sentencepiece
import xxhash
from tokenizers import Tokenizer

from corpus.errors import UserError
from corpus.progress import Silent
from corpus.report.folder import open_build
from tokenizer.bpe import fit_bpe
from tokenizer.extend.choose import choose
from tokenizer.extend.family import Family, family_of
from tokenizer.extend.grown import grown
from tokenizer.extend.measure import gain, general_changed
from tokenizer.extend.texts import OTHER, DomainText, Lines, domain_text, lines_of
from tokenizer.opened import open_tokenizer
from tokenizer.pretokenize import pattern
from tokenizer.recipe import PretokenizeSettings
from tokenizer.sentencepiece_file import NORMAL, as_tokenizer, empty_model, read_model
from tokenizer.trained import Need, Seen
from tokenizer.words import count_words

SIZE = 16_000
LIMITS = (0.0, 0.001, 0.005, 0.02)
LANGUAGES = ("en", "zh")
CL100K = PretokenizeSettings(pattern="cl100k")


def main() -> None:
    """Print one table a base."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--medical", type=Path, required=True)
    parser.add_argument("--general", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=4000)
    parser.add_argument("--bytes", type=int, default=24_000_000, help="of medical text to learn from")
    parser.add_argument("--limits", type=float, nargs="*", default=LIMITS)
    parser.add_argument("--base", choices=("sentencepiece BPE", "byte-level BPE"), help="one base alone")
    parser.add_argument("--seed", type=int, default=0, help="of the hash that says which general documents judge")
    asked = parser.parse_args()
    domain = domain_text(asked.medical.absolute(), LANGUAGES, asked.bytes, 0)
    choosing, judging = general_halves(asked.general.absolute(), asked.seed)
    told = ", ".join(f"{name} {int((judging.group == number).sum()):,}" for number, name in enumerate(judging.names))
    print(f"general lines that judge: {told}; medical lines learned from: {len(domain.learning):,}")
    with TemporaryDirectory() as name:
        for base, fitted in bases(Path(name), choosing.lines).items():
            if asked.base not in (None, base):
                continue
            compare(base, family_of(open_tokenizer(fitted)), domain, choosing, judging, asked)


def general_halves(folder: Path, seed: int) -> tuple[Lines, Lines]:
    """The general lines that choose, and those that judge."""
    rows = pl.concat([pl.read_parquet(path, columns=["id", "text", "language"]) for path in open_build(folder).texts()])
    parts: list[list[tuple[str, int]]] = [[], []]
    for name, text, language in rows.sort("id").iter_rows():
        tag = language.split("-")[0]
        group = LANGUAGES.index(tag) if tag in LANGUAGES else len(LANGUAGES)
        judges = xxhash.xxh3_64_intdigest(name.encode(), seed=seed) % 10 < 3
        parts[judges] += [(line, group) for line in lines_of(text)]
    names = (*LANGUAGES, OTHER)
    made = [Lines([line for line, _ in part], np.array([group for _, group in part], np.int8), names) for part in parts]
    return made[0], made[1]


def bases(folder: Path, lines: Sequence[str]) -> dict[str, Path]:
    """The two bases, fitted to general lines."""
    model = train_sentencepiece(lines, SIZE)
    (folder / "tokenizer.model").write_bytes(model)
    words = count_words([list(lines)], pattern(CL100K))
    special = ["<|endoftext|>"]
    backend = fit_bpe(words, pattern(CL100K), special, Need(SIZE, 2, 0.9999, ""), Seen())
    backend.save(str(folder / "byte-level.json"))
    return {"sentencepiece BPE": folder / "tokenizer.model", "byte-level BPE": folder / "byte-level.json"}


def train_sentencepiece(lines: Sequence[str], size: int) -> bytes:
    """As Llama 2's was trained, as far as its model file says (identity, digits alone, byte fallback)."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=written, model_type="bpe", vocab_size=size, byte_fallback=True,
        split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2,
        character_coverage=0.9995, max_sentence_length=1 << 20, allow_whitespace_only_pieces=True,
    )  # fmt: skip
    return written.getvalue()


def compare(
    name: str, family: Family, domain: DomainText, choosing: Lines, judging: Lines, asked: argparse.Namespace
) -> None:
    """Ours at every limit, and the merges with as many pieces as ours at half a per cent."""
    print(f"\n{name}\n{'':32}{'pieces':>7}  general lines changed (95 %)" + " " * 33 + "characters per token")
    number = asked.pieces
    for limit in asked.limits:
        start = perf_counter()
        try:
            chosen = choose(family, domain, choosing, limit, asked.pieces, 1, Silent())
        except UserError as error:
            print(f"ours, limit {limit:.1%}: {error.what}", flush=True)
            continue
        line(f"ours, limit {limit:.1%} ({perf_counter() - start:.0f} s)", len(chosen.pieces), family,
             grown(family, chosen.pieces).backend, domain, judging)  # fmt: skip
        number = len(chosen.pieces) if limit == 0.005 else number
    makers: dict[str, Callable[[Family, Sequence[str], int, bool], Tokenizer]] = {
        "sentencepiece BPE": merged_sentencepiece, "byte-level BPE": merged_byte_level,
    }  # fmt: skip
    for told, first in (("merge, score 0", True), ("merge, ranks below", False)):
        line(told, number, family, makers[name](family, domain.learning, number, first), domain, judging)


def line(told: str, number: int, family: Family, backend: Tokenizer, domain: DomainText, judging: Lines) -> None:
    """One row of the table."""
    backend.encode_special_tokens = True
    changed = general_changed(family.backend, backend, judging)
    shown = [f"{told:<32}{number:>7,}"]
    for tag in LANGUAGES:
        of = changed[tag]
        shown.append(f"{tag} {of['share']:6.2%} ({of['low']:.2%} to {of['high']:.2%})")
    for tag, texts in domain.held_out.items():
        of = gain(family.backend, backend, texts, 0)["characters"]
        before, after, more = of["before"][0], of["after"][0], of["gain"]
        shown.append(f"{tag} {before:.3f} -> {after:.3f}, {more[0]:+.1%} ({more[1]:+.1%} to {more[2]:+.1%})")
    print("  ".join(shown), flush=True)


def merged_sentencepiece(family: Family, lines: Sequence[str], number: int, first: bool) -> Tokenizer:
    """The first pieces of a domain model that the base lacks, appended with score 0 or below all scores."""
    model = read_model(family.opened.folder / "tokenizer.model")
    own = {piece.piece for piece in model.pieces}
    lowest = min(piece.score for piece in model.pieces)
    fitted = empty_model()
    fitted.ParseFromString(train_sentencepiece(lines, 2 * number + 8000))
    lacking = [piece.piece for piece in fitted.pieces if piece.type == NORMAL and piece.piece not in own]
    for rank, piece in enumerate(lacking[:number], 1):
        model.pieces.add(piece=piece, score=0.0 if first else lowest - rank, type=NORMAL)
    return as_tokenizer(model)


def merged_byte_level(family: Family, lines: Sequence[str], number: int, first: bool) -> Tokenizer:
    """The same for bytes: merges of the domain's pieces before those of the base, or behind."""
    words = count_words([list(lines)], pattern(CL100K))
    fitted = fit_bpe(words, pattern(CL100K), [], Need(2 * number + 8000, 2, 0.9999, ""), Seen())
    spec: dict[str, Any] = json.loads(family.backend.to_str())
    model = spec["model"]
    new: list[list[str]] = []
    for left, right in json.loads(fitted.to_str())["model"]["merges"]:
        if len(new) < number and left + right not in model["vocab"] and {left, right} <= model["vocab"].keys():
            model["vocab"][left + right] = family.size + len(new)
            new.append([left, right])
    model["merges"] = new + model["merges"] if first else model["merges"] + new
    return Tokenizer.from_str(json.dumps(spec))


if __name__ == "__main__":
    main()
