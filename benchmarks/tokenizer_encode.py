"""Encoding: megabytes a second of fitted tokenizers, on held-out text, one thread and all.

    python -m benchmarks.tokenizer_encode CORPUS TOKENIZER ... [--runs 5]

CORPUS is the output folder of a build with a held-out split; each TOKENIZER a folder of `tokenizer fit`. Read through
the library `tokenizers`, through sentencepiece where the folder has a `.model`, and beside rustbpe with cl100k's cut,
fitted here to 10 MB of the same corpus. Medians over the runs; 2 MB of each language, documents as they are.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.tokenizer_fit import HELD_OUT_BYTES, texts
from tokenizer.opened import open_tokenizer
from tokenizer.pretokenize import CL100K
from tokenizer.sample import HELD_OUT

Encode = Callable[[list[str]], object]
ONE = "TOKENIZERS_PARALLELISM"


def readers(names: list[str], corpus: Path) -> Iterator[tuple[str, Encode]]:
    """Name and function of everything that encodes."""
    import rustbpe
    import sentencepiece

    for name in names:
        opened = open_tokenizer(name)
        yield Path(name).name, lambda texts, opened=opened: opened.backend.encode_batch_fast(texts)  # type: ignore[misc]
        model = opened.folder / "tokenizer.model"
        if model.exists():
            processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
            yield f"{Path(name).name} (.model)", processor.encode
    rust = rustbpe.Tokenizer()
    training = [text for language in ("en", "zh") for text in texts(corpus, language, 5_000_000)]
    rust.train_from_iterator(iter(training), 32_000, pattern=CL100K)
    yield "rustbpe", rust.batch_encode


def rate(encode: Encode, held: list[str], runs: int, parallel: bool) -> float:
    """Median megabytes a second."""
    os.environ[ONE] = str(parallel).lower()
    size = sum(len(text.encode()) for text in held) / 1e6
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        encode(held)
        seconds.append(time.perf_counter() - start)
    return size / statistics.median(seconds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("tokenizers", nargs="+")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    held = {language: texts(options.corpus, language, HELD_OUT_BYTES, HELD_OUT) for language in ("en", "zh")}
    print(f"{'MB/s':<22} {'en, one':>8} {'en, all':>8} {'zh, one':>8} {'zh, all':>8}")
    for name, encode in readers(options.tokenizers, options.corpus):
        rates = [rate(encode, held[language], options.runs, parallel)
                 for language in held for parallel in (False, True)]  # fmt: skip
        print(f"{name:<22} " + " ".join(f"{one:8.1f}" for one in rates), flush=True)


if __name__ == "__main__":
    main()
