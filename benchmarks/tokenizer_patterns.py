"""What each pre-tokenization costs: bytes per token, and units and names kept whole, of byte-level BPE of one size.

    python -m benchmarks.tokenizer_patterns CORPUS [--megabytes 15] [--vocabulary 32000]

CORPUS is the output folder of a build that holds English and Chinese, with a held-out split. Each row fits a BPE to the
same sample (so many megabytes of each language) with another cut, and encodes the same held-out documents. "Units" are
what stands in held-out English text like `mg/kg/day`, "names" like `IL-6` or `HbA1c`: the share of their occurrences
that is one token, with the space before it or without. Rows below `medical` change one thing of it; those marked `+`
are no setting of ours and were tried here.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.tokenizer_fit import HELD_OUT_BYTES, texts
from tokenizer.bpe import fit_bpe
from tokenizer.pretokenize import Pattern, pattern
from tokenizer.recipe import PretokenizeSettings
from tokenizer.sample import HELD_OUT
from tokenizer.trained import Need, Seen
from tokenizer.words import count_words

UNIT = re.compile(r"(?<![\w/])(?:mg|µg|ng|g|kg|ml|mL|dL|mmol|µmol|U|IU|mm|cm)(?:/[A-Za-z]+[23]?)+(?![\w/])")
NAME = re.compile(r"(?<![\w-])[A-Z][A-Za-z]{0,5}-?[0-9]{1,2}[A-Za-z]?(?![\w-])")


def patterns() -> Iterator[Pattern]:
    """Every named cut, the settings of ours, and what was tried beside them."""
    for name in ("gpt2", "cl100k", "o200k", "qwen2"):
        yield pattern(PretokenizeSettings.model_validate({"pattern": name}))
    ours = pattern(PretokenizeSettings())
    yield ours
    yield pattern(PretokenizeSettings(digits=1))._replace(name="digits = 1")
    for han in (2, 4, 8, 16):
        yield pattern(PretokenizeSettings(han=han))._replace(name=f"han = {han}")
    yield ours._replace(name="+ decimals", encoding=r"[0-9]{1,3}\.[0-9]{1,2}|" + ours.encoding)
    letters = r"[\p{L}&&[^\p{Han}]]+"
    hyphens = ours.encoding.replace(letters, rf"{letters}(?:-{letters})*")
    yield ours._replace(name="+ hyphens", encoding=hyphens)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--megabytes", type=int, default=15)
    parser.add_argument("--vocabulary", type=int, default=32_000)
    options = parser.parse_args()
    training = [texts(options.corpus, language, options.megabytes * 1_000_000) for language in ("en", "zh")]
    held = {language: texts(options.corpus, language, HELD_OUT_BYTES, HELD_OUT) for language in ("en", "zh")}
    sizes = {language: sum(len(text.encode()) for text in found) for language, found in held.items()}
    found = {kind: re.findall(expression, "\n".join(held["en"])) for kind, expression in (("u", UNIT), ("n", NAME))}
    print(f"{'cut':<12} {'English':>8} {'Chinese':>8} {'units':>7} {'names':>7} {'fit s':>6}")
    for cut in patterns():
        start = time.perf_counter()
        words = count_words(training, cut)
        backend = fit_bpe(words, cut, [], Need(options.vocabulary, 2, 0.9999, ""), Seen())
        seconds = time.perf_counter() - start
        row = [sizes[language] / sum(map(len, backend.encode_batch_fast(held[language]))) for language in held]
        whole = [sum(len(one) == 1 for one in backend.encode_batch_fast([f" {word}" for word in words_found]))
                 / len(words_found) for words_found in found.values()]  # fmt: skip
        print(f"{cut.name:<12} {row[0]:8.3f} {row[1]:8.3f} {whole[0]:7.1%} {whole[1]:7.1%} {seconds:6.1f}", flush=True)


if __name__ == "__main__":
    main()
