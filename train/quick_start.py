"""What a command without arguments trains on: the shipped samples and a small tokenizer, made now where they are not.

Called by `train/cli.py` for the shipped recipe `quick-start`, which names neither.
"""

from __future__ import annotations

from pathlib import Path

from corpus.progress import Silent

SAMPLES = Path("materia-corpus") / "samples"
TOKENIZER = Path("materia-tokenizer") / "quick-start"


def samples(watch: Silent) -> Path:
    """The corpus of `corpus build` without arguments."""
    from corpus.build import build
    from corpus.recipe_file import load_recipe
    from corpus.store import Store

    if not SAMPLES.exists():
        watch.say(f"There is no corpus in {SAMPLES} yet: building the shipped samples first")
        build(load_recipe("samples"), SAMPLES.absolute(), Store(SAMPLES.absolute().parent / ".store"), 1, watch)
    return SAMPLES.absolute()


def small_tokenizer(corpus: Path, watch: Silent) -> str:
    """The tokenizer of `tokenizer fit` without arguments."""
    from tokenizer.fit import fit
    from tokenizer.recipe import load_fit

    if not TOKENIZER.exists():
        watch.say(f"There is no tokenizer in {TOKENIZER} yet: fitting a small one first")
        fit(load_fit("quick-start"), corpus, TOKENIZER.absolute(), watch)
    return str(TOKENIZER.absolute())
