"""The steps of one run of a study, each of which does nothing where its result is there already.

Called by `eval/study/worker.py` for one run; every step is a command of the floors below with the study's recipes:
`corpus build`, `tokenizer fit`, `train pretrain` or `continue`, `train merge`, `train sft`, `evaluate run`. Corpora of
all arms are derived from one store, in which nothing is read or annotated twice. What several runs share is made by the
first that needs it, while the others wait (`eval/study/arms.py`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from corpus.build import build
from corpus.errors import UserError
from corpus.output import in_turn
from corpus.progress import Silent
from corpus.recipe_file import load_recipe
from corpus.store import Store
from eval.run.page import write_page
from eval.run.recipe import LoadedSuite, load_suite
from eval.run.run import Wanted, evaluate
from eval.study.advice import told_by
from eval.study.arms import BASE, MERGED, MODEL, TUNED, Places, Run
from eval.study.readings import (
    basing,
    epochs_left,
    general,
    named_file,
    sets_of,
    tokenizer,
    tokens_of,
    training,
    tuning,
)
from eval.study.recipe import Arm, LoadedStudy
from tokenizer.fit import fit
from tokenizer.recipe import load_fit
from train.checkpoint import MEASURED, Checkpoints
from train.convert.merge import interpolate
from train.run import Asked, train
from train.run_folder import CHECKPOINTS
from train.sft.prepare import prepare_sft
from train.sft.run import AskedSft, sft


def carry_out(loaded: LoadedStudy, places: Places, run: Run, watch: Silent) -> Path:
    """Everything of one run on the ground that was made for all (`eval/study/carry_out.py`: corpora and tokenizers,
    which other runs read at the same time), and the folder of its scores. Raises `UserError`."""
    with _shared(places, loaded, run, BASE, watch):
        base = base_of(loaded, places, run, watch) if run.arm.start == "base" else None
    with _shared(places, loaded, run, MODEL, watch):
        model = model_of(loaded, places, run, base, watch)
        looks_of(loaded, places, run, model, watch)
    if base is not None and run.arm.merge < 1:
        with _shared(places, loaded, run, MERGED, watch):
            place = places.made(loaded.study, run, MERGED)
            model = interpolate(base, model, place, (run.arm.merge,), replace=True)[0].out
    if loaded.study.tune:
        with _shared(places, loaded, run, TUNED, watch):
            model = tuned_of(loaded, places, run, model, watch)
    return scores_of(loaded, places, places.scores(run), run.arm, model, watch)


@contextlib.contextmanager
def _shared(places: Places, loaded: LoadedStudy, run: Run, what: str, watch: Silent) -> Iterator[None]:
    """The turn to make what other runs may need too."""
    place = places.made(loaded.study, run, what)
    with in_turn(place.with_name(f"{place.name}.turn"), lambda: watch.say(f"{place.name}: another run makes it")):
        yield


# --- the ground: corpora and tokenizers


def corpus_of(loaded: LoadedStudy, places: Places, arm: Arm, watch: Silent) -> Path:
    """The corpus of an arm, built."""
    sets = sets_of(loaded, arm, "corpus")
    with told_by(loaded, arm, "corpus"):
        return _built(named_file(loaded, loaded.study.corpus), sets, places.corpus(arm.corpus), places, watch)


def refuse_unnamed(loaded: LoadedStudy) -> None:
    """Raises `UserError` for a study that leaves its corpus to whoever runs it."""
    if not loaded.study.corpus:
        raise UserError("The study names no corpus: it trains on more text than is shipped.", str(loaded.file),
                        "give --set corpus=my.toml, a recipe of `corpus build`")  # fmt: skip


def general_of(loaded: LoadedStudy, places: Places, watch: Silent) -> Path | None:
    """The corpus that a base reads, built: one of its own, or that of the first arm; None of a study without a base."""
    if not loaded.study.base:
        return None
    if not loaded.study.general:
        return corpus_of(loaded, places, loaded.study.arm[0], watch)
    with told_by(loaded, loaded.study.arm[0], "general"):
        return _built(named_file(loaded, loaded.study.general), (), places.general(), places, watch)


def text_of(loaded: LoadedStudy, places: Places, watch: Silent) -> Path:
    """The corpus whose held-out text is measured for all arms: the study's own, or that of the first arm."""
    if not loaded.study.text:
        return corpus_of(loaded, places, loaded.study.arm[0], watch)
    with told_by(loaded, loaded.study.arm[0], "text"):
        return _built(named_file(loaded, loaded.study.text), (), places.text(), places, watch)


def _built(recipe: str, sets: tuple[str, ...], out: Path, places: Places, watch: Silent) -> Path:
    return build(load_recipe(recipe, sets), out, Store(places.store), 0, watch).out


def tokenizer_of(loaded: LoadedStudy, places: Places, arm: Arm, corpus: Path, watch: Silent) -> Path:
    """The tokenizer of an arm, fitted to its corpus."""
    out = places.tokenizer(arm.corpus, arm.tokenizer)
    with told_by(loaded, arm, "tokenizer"):
        return _fitted(loaded, sets_of(loaded, arm, "tokenizer"), corpus, out, watch)


def general_tokenizer_of(loaded: LoadedStudy, places: Places, corpus: Path, watch: Silent) -> Path:
    """The tokenizer of the base, fitted to what it reads."""
    with told_by(loaded, loaded.study.arm[0], "tokenizer"):
        return _fitted(loaded, loaded.study.sets.tokenizer, corpus, places.general_tokenizer(), watch)


def _fitted(loaded: LoadedStudy, sets: tuple[str, ...], corpus: Path, out: Path, watch: Silent) -> Path:
    fit(load_fit(named_file(loaded, loaded.study.tokenizer), sets), corpus, out, watch)
    return out


# --- training


def base_of(loaded: LoadedStudy, places: Places, run: Run, watch: Silent) -> Path:
    """The base of a run's seed, trained on general text."""
    with told_by(loaded, run.arm, "base"):
        asked = Asked(basing(loaded, run), places.made(loaded.study, run, BASE), places.store,
                      general(loaded, places), str(places.general_tokenizer()), replace=True)  # fmt: skip
        return train(asked, watch).out


def model_of(loaded: LoadedStudy, places: Places, run: Run, base: Path | None, watch: Silent) -> Path:
    """The model of a run, trained on its share of the study's budget."""
    with told_by(loaded, run.arm, "train"):
        tokens = tokens_of(loaded, places, run, base)
        looks = [tokens * (look + 1) // (loaded.study.curve + 1) for look in range(loaded.study.curve)]
        sets = (f"save.at={looks}",) if looks else ()
        made, out = training(loaded, places, run, base, tokens, *sets), places.made(loaded.study, run, MODEL)
        corpus = places.corpus(run.arm.corpus)
        asked = Asked(made, out, places.store, corpus, tokenizer(places, run, base), replace=True)
        return train(asked, watch).out


def tuned_of(loaded: LoadedStudy, places: Places, run: Run, model: Path, watch: Silent) -> Path:
    """The fine-tuned model of a run: for as many epochs as the recipe says, or as the rest of the budget is worth."""
    out = places.made(loaded.study, run, TUNED)
    with told_by(loaded, run.arm, "tune"):
        if run.arm.training_share >= 1:
            return sft(AskedSft(tuning(loaded, run, model), out, replace=True), watch).out
        once = prepare_sft(tuning(loaded, run, model, "epochs=1.0"), Silent())
        epochs = epochs_left(loaded, run, int(once.lesson.tokens[once.lesson.order].sum()))
        return sft(AskedSft(tuning(loaded, run, model, epochs), out, replace=True), watch).out


# --- scores


def looks_of(loaded: LoadedStudy, places: Places, run: Run, model: Path, watch: Silent) -> None:
    """The scores of the checkpoints on the way of the training."""
    if loaded.study.curve:
        kept = Checkpoints(model / CHECKPOINTS)
        for step in kept.steps():
            scores_of(loaded, places, places.look(loaded.study, run, step), run.arm, kept.place(step), watch)


def tokens_at(model: Path, step: int) -> int:
    """Tokens that were read up to a checkpoint."""
    return int(json.loads((Checkpoints(model / CHECKPOINTS).place(step) / MEASURED).read_bytes())["tokens"])


def scores_of(loaded: LoadedStudy, places: Places, out: Path, arm: Arm, model: Path, watch: Silent) -> Path:
    """The scores of a model on the study's suite, and on held-out text. Nobody taught a model to answer that was not
    fine-tuned: it is not asked to write answers."""
    silent = () if model.parent.name == TUNED else ("generate=[]",)
    with told_by(loaded, arm, "suite"):
        suite = suite_of(loaded, f"bits.corpora={[str(one) for one in texts(loaded, places)]}", *silent)
        done = evaluate(Wanted(model, suite, out, replace=True), watch)
        write_page(done.out)
    return done.out


def suite_of(loaded: LoadedStudy, *sets: str) -> LoadedSuite:
    """The suite, which reads its exams in the folder that the study names."""
    exams = loaded.base / loaded.study.exams if loaded.study.exams else None
    return load_suite(named_file(loaded, loaded.study.suite), sets, exams)


def texts(loaded: LoadedStudy, places: Places) -> list[Path]:
    """The corpora whose held-out text is measured."""
    study = loaded.study
    text = places.text() if study.text else places.corpus(study.arm[0].corpus)
    return [text, places.general()] if study.general else [text]
