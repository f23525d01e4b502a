"""Fitting byte-level BPE: time, memory and bytes per token beside HF's trainer, sentencepiece's and rustbpe.

    python -m benchmarks.tokenizer_fit CORPUS [--megabytes 15 30] [--vocabulary 32000] [--runs 3] [--only ours ...]
    python -m benchmarks.tokenizer_fit CORPUS --growth 15 30 60 125 250 500 --only ours

CORPUS is the output folder of a build that holds English and Chinese (benchmarks/real-sources.toml with medical rules
and a held-out split). Each fit runs in a process of its own; time is of fitting alone, texts in memory; memory is the
peak of that process and its trainer above what the texts take. Bytes per token are measured on held-out documents of
the language. `--growth` repeats the text, when the corpus has too little, with 2 % of its letters exchanged.
Trainers: ours with cl100k's cut and with `medical`; HF `tokenizers` with cl100k's cut; sentencepiece BPE with byte
fallback on lines, its cut; rustbpe with cl100k's cut.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus.report.folder import open_build
from tokenizer.recipe import Part, PretokenizeSettings
from tokenizer.sample import HELD_OUT, TRAIN, draw
from tokenizer.trained import Need, Seen

LANGUAGES = {"en": ("en",), "zh": ("zh", "lzh")}
HELD_OUT_BYTES = 2_000_000
Encode = Callable[[list[str]], int]  # the number of tokens of texts
Fit = Callable[[list[str], int, "Seen"], Encode]


def texts(corpus: Path, language: str, size: int, split: str = TRAIN) -> list[str]:
    """Documents of that language, up to that many bytes."""
    sample = draw(open_build(corpus), (Part(name=language, languages=LANGUAGES[language], bytes=size),), 0, split)
    return [text for group in sample.texts() for text in group]


def repeated(real: list[str], size: int) -> list[str]:
    """The texts until that many bytes are full, from the second time on with 2 % of their letters exchanged."""
    have, found, turn = 0, [], 0
    while have < size:
        for text in real:
            found.append(text if turn == 0 else exchanged(text, turn))
            have += len(found[-1].encode())
            if have >= size:
                break
        turn += 1
    return found


def exchanged(text: str, seed: int) -> str:
    """The text with 2 % of its characters put in each other's places."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).copy()
    letters = np.flatnonzero(codes > 64)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(letters, len(letters) // 50, replace=False) if len(letters) else letters
    codes[chosen] = codes[rng.permutation(chosen)]
    return codes.tobytes().decode("utf-32-le")


def ours(name: str) -> Fit:
    from tokenizer.bpe import fit_bpe
    from tokenizer.pretokenize import pattern
    from tokenizer.words import count_words

    def fit(training: list[str], vocabulary: int, seen: Seen) -> Encode:
        cut = pattern(PretokenizeSettings(pattern=name))  # type: ignore[arg-type]
        words = count_words([training], cut)
        backend = fit_bpe(words, cut, [], Need(vocabulary, 2, 0.9999, ""), seen)
        return lambda held: sum(len(one) for one in backend.encode_batch_fast(held))

    return fit


def hugging_face(training: list[str], vocabulary: int, seen: Seen) -> Encode:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    from tokenizer.pretokenize import CL100K

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CL100K), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    backend.train_from_iterator(training, trainer)
    return lambda held: sum(len(one) for one in backend.encode_batch_fast(held))


def sentencepiece(training: list[str], vocabulary: int, seen: Seen) -> Encode:
    import sentencepiece as library

    model = io.BytesIO()
    library.SentencePieceTrainer.train(
        sentence_iterator=(line for text in training for line in text.split("\n") if line), model_writer=model,
        vocab_size=vocabulary, model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
        add_dummy_prefix=False, remove_extra_whitespaces=False, num_threads=2, minloglevel=2,
        max_sentence_length=1 << 24, character_coverage=0.9999,
    )  # fmt: skip
    processor = library.SentencePieceProcessor(model_proto=model.getvalue())
    return lambda held: sum(map(len, processor.encode(held)))


def rustbpe(training: list[str], vocabulary: int, seen: Seen) -> Encode:
    import rustbpe as library

    from tokenizer.pretokenize import CL100K

    backend = library.Tokenizer()
    backend.train_from_iterator(iter(training), vocabulary, pattern=CL100K)
    return lambda held: sum(map(len, backend.batch_encode(held)))


TRAINERS: dict[str, Fit] = {
    "ours-cl100k": ours("cl100k"), "ours-medical": ours("medical"), "hf": hugging_face,
    "sentencepiece": sentencepiece, "rustbpe": rustbpe,
}  # fmt: skip


def memory(field: str) -> int:
    """Bytes of this process's memory: now (`VmRSS`) or at the peak (`VmHWM`)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))


def one(trainer: str, training: Path, held: Path, vocabulary: int) -> dict[str, float]:
    """One fit in this process."""
    data, test = (pl.read_parquet(file)["text"].to_list() for file in (training, held))
    seen = Seen()
    before = memory("VmRSS")
    start, used = time.perf_counter(), time.process_time()
    encode = TRAINERS[trainer](data, vocabulary, seen)
    seconds = time.perf_counter() - start
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = time.process_time() - used + children.ru_utime + children.ru_stime
    # A trainer in a process of its own holds its memory beside ours.
    peak = memory("VmHWM") - before + seen.peak_bytes
    size = sum(len(text.encode()) for text in test)
    return {"seconds": seconds, "cpu": cpu, "memory": peak, "bytes_per_token": size / encode(test)}


def measured(trainer: str, training: list[str], held: list[str], options: Any) -> dict[str, float]:
    """Medians over the runs, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / "training.parquet", Path(name) / "held.parquet"]
        for file, data in zip(files, (training, held), strict=True):
            pl.DataFrame({"text": data}).write_parquet(file, compression="lz4")
        command = [sys.executable, "-m", "benchmarks.tokenizer_fit", "-", "--one", trainer, *map(str, files),
                   "--vocabulary", str(options.vocabulary)]  # fmt: skip
        runs = [
            json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
            for _ in range(options.runs)
        ]
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[15, 30])
    parser.add_argument("--growth", type=int, nargs="+", default=[])
    parser.add_argument("--vocabulary", type=int, default=32_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(TRAINERS), default=list(TRAINERS))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        trainer, training, held = options.one
        print(json.dumps(one(trainer, Path(training), Path(held), options.vocabulary)))
        return
    print(f"{'trainer':<14} {'text':<8} {'seconds':>8} {'CPU s':>7} {'MB/s':>6} {'memory MiB':>10} {'bytes/token':>11}")
    for language in LANGUAGES:
        held_out = texts(options.corpus, language, HELD_OUT_BYTES, HELD_OUT)
        for size in options.growth or options.megabytes:
            real = texts(options.corpus, language, size * 1_000_000)
            training = repeated(real, size * 1_000_000) if options.growth else real
            for trainer in options.only:
                got = measured(trainer, training, held_out, options)
                print(f"{trainer:<14} {language}{size:<6} {got['seconds']:8.2f} {got['cpu']:7.2f} "
                      f"{size / got['seconds']:6.2f} {got['memory'] / (1 << 20):10,.0f} {got['bytes_per_token']:11.3f}",
                      flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
