"""Extending a general bilingual tokenizer with medical pieces: ours, and the merge of Chinese-LLaMA, on the same bases.

    python -m benchmarks.tokenizer_extend --medical CORPUS --general CORPUS --base "byte-level BPE"

Both corpora are outputs of `corpus build`. Of the general documents, by a hash of their ids, 40 % fit a base
(sentencepiece BPE with byte fallback as Llama 2's, or byte-level BPE as Llama 3's, 16,000 ids), 40 % choose pieces, and
20 % judge: a base's own text would tell too little of what other text holds. Documents of the domain are set aside, as
`tokenizer extend` does it, and told beside the others. Five times over, so that every general document judges once; the
last lines are of all of them. The medical training split is learned from, its held-out split judges.

The merge (ymcui/Chinese-LLaMA-Alpaca, scripts/merge_tokenizer/merge_tokenizers.py, method only): a model is fitted to
the domain, and every piece of it that the base lacks is appended with score 0, above all pieces of the base. Beside it
the same pieces with ranks that go on below the base's. Both get as many new pieces as ours found.
"""

from __future__ import annotations

import argparse
import io
import json
from collections import defaultdict
from collections.abc import Sequence
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
from tokenizer.extend.aside import set_aside
from tokenizer.extend.choose import choose
from tokenizer.extend.family import Family, family_of
from tokenizer.extend.grown import grown
from tokenizer.extend.measure import changes, gain, share
from tokenizer.extend.texts import OTHER, DomainText, GeneralText, Lines, Row, domain_text, grouped, lines_of
from tokenizer.opened import open_tokenizer
from tokenizer.pretokenize import pattern
from tokenizer.recipe import PretokenizeSettings
from tokenizer.sentencepiece_file import NORMAL, as_tokenizer, empty_model, read_model
from tokenizer.trained import Need, Seen
from tokenizer.words import count_words

SIZE = 16_000
FOLDS = 5
LANGUAGES = ("en", "zh")
CL100K = PretokenizeSettings(pattern="cl100k")


Rows = defaultdict[str, list[dict[str, Any]]]


def main() -> None:
    """Print a line for each extension of each fold, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--medical", type=Path, required=True)
    parser.add_argument("--general", type=Path, required=True)
    parser.add_argument("--base", choices=tuple(MERGES), required=True)
    parser.add_argument("--pieces", type=int, default=4000)
    parser.add_argument("--bytes", type=int, default=24_000_000, help="of medical text to learn from")
    parser.add_argument("--limits", type=float, nargs="*", default=[0.005])
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)))
    parser.add_argument("--merge", action="store_true", help="compare with Chinese-LLaMA's merge")
    asked = parser.parse_args()
    domain = domain_text(asked.medical.absolute(), LANGUAGES, asked.bytes, 0)
    print(f"{asked.base}; medical lines learned from: {len(domain.learning):,}\n{'':44}pieces  general lines changed "
          "(95 %), of documents set aside; characters per token")  # fmt: skip
    rows: Rows = defaultdict(list)
    for fold in asked.folds:
        fitting, choosing, judging = general_parts(asked.general.absolute(), fold)
        with TemporaryDirectory() as name:
            family = family_of(open_tokenizer(BASES[asked.base](Path(name), fitting.lines)))
            none = judging.only(np.zeros(len(judging.lines), bool))
            text = set_aside(family.backend, domain, GeneralText(choosing, judging, "", none, none))
            extend_all(family, domain, text, asked, fold, rows)
    for told, found in rows.items():
        pooled(told, found)


def general_parts(folder: Path, fold: int) -> list[Lines]:
    """The general lines that fit the base, that choose, and that judge."""
    rows = pl.concat([pl.read_parquet(path, columns=["id", "text", "language"]) for path in open_build(folder).texts()])
    parts: list[list[Row]] = [[], [], []]
    for number, (name, text, language) in enumerate(rows.sort("id").iter_rows()):
        place = (xxhash.xxh3_64_intdigest(name.encode()) - 2 * fold) % (2 * FOLDS)
        part = parts[2 if place < 2 else place % 2]
        part += [(line, language.split("-")[0], number) for line in lines_of(text)]
    return [grouped(part, (*LANGUAGES, OTHER)) for part in parts]


def sentencepiece_base(folder: Path, lines: Sequence[str]) -> Path:
    """As Llama 2's, fitted to general lines."""
    path = folder / "tokenizer.model"
    path.write_bytes(train_sentencepiece(lines, SIZE))
    return path


def byte_level_base(folder: Path, lines: Sequence[str]) -> Path:
    """As Llama 3's."""
    path = folder / "byte-level.json"
    words = count_words([list(lines)], pattern(CL100K))
    fit_bpe(words, pattern(CL100K), ["<|endoftext|>"], Need(SIZE, 2, 0.9999, ""), Seen()).save(str(path))
    return path


def train_sentencepiece(lines: Sequence[str], size: int) -> bytes:
    """As Llama 2's was trained, as far as its model file says (identity, digits alone, byte fallback)."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=written, model_type="bpe", vocab_size=size, byte_fallback=True,
        split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2,
        character_coverage=0.9995, max_sentence_length=1 << 20, allow_whitespace_only_pieces=True,
    )  # fmt: skip
    return written.getvalue()


def extend_all(
    family: Family,
    domain: DomainText,
    text: GeneralText,
    asked: argparse.Namespace,
    fold: int,
    rows: Rows,
) -> None:
    """Ours at every limit, and the merges with as many pieces as ours at the last."""
    number = asked.pieces
    for limit in asked.limits:
        start = perf_counter()
        try:
            chosen = choose(family, domain, text.choosing, limit, asked.pieces, 1, Silent())
        except UserError as error:
            print(f"fold {fold}, ours, {limit:.1%}: {error.what}", flush=True)
            continue
        number = len(chosen.pieces)
        backend = grown(family, chosen.pieces).backend
        rows[f"ours, {limit:.1%}"].append(found := measured(family, backend, domain, text, number))
        line(f"fold {fold}, ours, {limit:.1%} ({perf_counter() - start:.0f} s, reckoned "
             f"{', '.join(f'{chosen.expected[tag]:.2%}' for tag in LANGUAGES)})", found)  # fmt: skip
    for told, first in (("merge, score 0", True), ("merge, ranks below", False)) if asked.merge else ():
        backend = MERGES[asked.base](family, domain.learning, number, first)
        rows[told].append(found := measured(family, backend, domain, text, number))
        line(f"fold {fold}, {told}", found)


def measured(family: Family, backend: Tokenizer, domain: DomainText, text: GeneralText, pieces: int) -> dict[str, Any]:
    """What an extension did: by language the general lines (changed or not, document), those set aside, and the
    gain."""
    backend.encode_special_tokens = True
    found: dict[str, Any] = {"pieces": pieces}
    for name, lines in (("general", text.judging), ("aside", text.aside)):
        changed = changes(family.backend, backend, lines.lines)
        groups = [lines.group == number for number in range(len(LANGUAGES))]
        found[name] = [(changed[mine], lines.document[mine]) for mine in groups]
    gains = [gain(family.backend, backend, domain.held_out[tag], 0)["characters"]["gain"] for tag in LANGUAGES]
    return {**found, "gains": gains}


def line(told: str, found: dict[str, Any]) -> None:
    """One row of the table."""
    shown = [f"{told:<44}{found['pieces']:>6,}"]
    for tag, (changed, document), (beside, _) in zip(LANGUAGES, found["general"], found["aside"], strict=True):
        of = share(changed, document)
        shown.append(f"{tag} {of['share']:6.2%} ({of['low']:.2%} to {of['high']:.2%}; {of['changed']:,} of "
                     f"{of['lines']:,}; aside {int(beside.sum()):,} of {len(beside):,})")  # fmt: skip
    shown += [f"{tag} {one[0]:+.1%} ({one[1]:+.1%} to {one[2]:+.1%})"
              for tag, one in zip(LANGUAGES, found["gains"], strict=True)]  # fmt: skip
    print("  ".join(shown), flush=True)


def pooled(told: str, found: list[dict[str, Any]]) -> None:
    """The folds together: all general lines, each judged once, and the means of the gains and their ends."""
    texts = {name: [tuple(map(np.concatenate, zip(*sides, strict=True)))
                    for sides in zip(*(one[name] for one in found), strict=True)]
             for name in ("general", "aside")}  # fmt: skip
    gains = np.mean([one["gains"] for one in found], axis=0).tolist()
    pieces = round(np.mean([one["pieces"] for one in found]))
    line(f"all {len(found)} folds, {told}", {"pieces": pieces, **texts, "gains": gains})


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


BASES = {"sentencepiece BPE": sentencepiece_base, "byte-level BPE": byte_level_base}
MERGES = {"sentencepiece BPE": merged_sentencepiece, "byte-level BPE": merged_byte_level}

if __name__ == "__main__":
    main()
