"""The steps of one run of a study, each of which does nothing where its result is there already.

Called by `eval/study/worker.py` for one run; every step is a command of the floors below with the study's recipes:
`corpus build`, `tokenizer fit`, `train pretrain` or `continue`, `train sft`, `evaluate run`. Corpora of all arms are
derived from one store, in which nothing is read or annotated twice. The folder is the study's own: what a study that
was changed made before is made anew in its place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus.build import build
from corpus.progress import Silent
from corpus.recipe_file import load_recipe
from corpus.store import Store
from eval.run.page import write_page
from eval.run.recipe import load_suite
from eval.run.run import Wanted, evaluate
from eval.study.arms import Places, Run
from eval.study.recipe import LoadedStudy, Overrides
from tokenizer.fit import fit
from tokenizer.recipe import load_fit
from train.prepare import prepare
from train.recipe import LoadedTrain, load_train
from train.run import Asked, train
from train.sft.recipe import load_sft
from train.sft.run import AskedSft, sft

LEAST = 100_000  # tokens of the look by which a budget in bytes or FLOPs becomes one in tokens


def carry_out(loaded: LoadedStudy, places: Places, run: Run, watch: Silent) -> Path:
    """Everything of one run on the ground that was made for all (`eval/study/carry_out.py`: corpora and tokenizers,
    which other runs read at the same time), and the folder of its scores. Raises `UserError`."""
    corpus = places.corpus(run.arm.corpus)
    tokenizer = places.tokenizer(run.arm.corpus, run.arm.tokenizer)
    text = places.text() if loaded.study.text else places.corpus(loaded.study.arm[0].corpus)
    model = model_of(loaded, places, run, corpus, tokenizer, watch)
    if loaded.study.tune:
        model = tuned_of(loaded, places, run, model, watch)
    return scores_of(loaded, places, run, model, text, watch)


def sets_of(loaded: LoadedStudy, arm: Overrides, step: str) -> tuple[str, ...]:
    """The values of a step: the study's, and the arm's over them."""
    return (*getattr(loaded.study.sets, step), *getattr(arm, step))


def corpus_of(loaded: LoadedStudy, places: Places, arm: Overrides, watch: Silent) -> Path:
    """The corpus of an arm, built."""
    sets = sets_of(loaded, arm, "corpus")
    return _built(_file(loaded, loaded.study.corpus), sets, places.corpus(arm.corpus), places, watch)


def text_of(loaded: LoadedStudy, places: Places, watch: Silent) -> Path:
    """The corpus whose held-out text is measured for all arms: the study's own, or that of the first arm."""
    if not loaded.study.text:
        return corpus_of(loaded, places, loaded.study.arm[0], watch)
    return _built(_file(loaded, loaded.study.text), (), places.text(), places, watch)


def _built(recipe: str, sets: tuple[str, ...], out: Path, places: Places, watch: Silent) -> Path:
    return build(load_recipe(recipe, sets), out, Store(places.store), 0, watch).out


def tokenizer_of(loaded: LoadedStudy, places: Places, arm: Overrides, corpus: Path, watch: Silent) -> Path:
    """The tokenizer of an arm, fitted to its corpus."""
    sets = sets_of(loaded, arm, "tokenizer")
    out = places.tokenizer(arm.corpus, arm.tokenizer)
    fit(load_fit(_file(loaded, loaded.study.tokenizer), sets), corpus, out, watch)
    return out


def model_of(loaded: LoadedStudy, places: Places, run: Run, corpus: Path, tokenizer: Path, watch: Silent) -> Path:
    """The model of a run, trained on the study's budget."""
    budget = tokens_of(loaded, run, corpus, tokenizer, places)
    told = _training(loaded, run, budget)
    asked = Asked(told, places.model(run), places.store, corpus, str(tokenizer), replace=True)
    return train(asked, watch).out


def _training(loaded: LoadedStudy, run: Run, tokens: int, *more: str) -> LoadedTrain:
    sets = (*sets_of(loaded, run.arm, "train"), f"budget.tokens={tokens}", f"seed={run.seed}", *more)
    return load_train(_file(loaded, loaded.study.train), sets)


def tokens_of(loaded: LoadedStudy, run: Run, corpus: Path, tokenizer: Path, places: Places) -> int:
    """The study's budget in tokens of this arm: of its tokenizer for bytes, of its model for FLOPs."""
    budget = loaded.study.budget
    if budget.tokens:
        return budget.tokens
    look = _training(loaded, run, LEAST, "budget.most_epochs=1e9")
    prepared = prepare(look, corpus, str(tokenizer), places.store, Silent())
    if budget.bytes:
        return max(round(budget.bytes * prepared.packed.tokens / int(prepared.plan.bytes.sum())), 1)
    from train.base import fresh_config
    from train.plan.flops import flops_per_token
    from train.plan.parameters import anatomy

    config: Any = fresh_config(prepared)
    return max(round(budget.flops / flops_per_token(anatomy(config), prepared.sequence).total), 1)


def tuned_of(loaded: LoadedStudy, places: Places, run: Run, model: Path, watch: Silent) -> Path:
    """The fine-tuned model of a run."""
    sets = (*sets_of(loaded, run.arm, "tune"), f"base={model}", f"seed={run.seed}")
    told = load_sft(_file(loaded, loaded.study.tune), sets)
    return sft(AskedSft(told, places.tuned(run), replace=True), watch).out


def scores_of(loaded: LoadedStudy, places: Places, run: Run, model: Path, text: Path, watch: Silent) -> Path:
    """The scores of a run on the study's suite."""
    sets = (f"bits.corpora=['{text}']",)
    exams = loaded.base / loaded.study.exams if loaded.study.exams else None
    suite = load_suite(_file(loaded, loaded.study.suite), sets, exams)
    out = evaluate(Wanted(model, suite, places.scores(run), replace=True), watch).out
    write_page(out)
    return out


def _file(loaded: LoadedStudy, name: str) -> str:
    """A recipe beside the study's file, or of a shipped name."""
    beside = loaded.base / name
    return str(beside) if beside.is_file() else name
