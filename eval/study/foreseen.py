"""What a study cannot do, told of all its arms before anything is trained.

Used by `eval/study/carry_out.py` in three looks, each as early as it can be: at the recipes and the exam files, before
anything is made; at the text of the arms, once their corpora stand; and at the very rows that every arm would read,
once there are tokenizers. By `eval/study/dry_run.py`, which does the first two. A look goes through all arms, and tells
all that it found at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from corpus.errors import UserError
from corpus.judge import check_signals
from corpus.progress import Silent
from corpus.recipe import Recipe
from corpus.recipe_file import load_recipe
from eval.study.advice import InStudy, in_study, told_by
from eval.study.arms import BASE, MODEL, TUNED, Places, Run, maker
from eval.study.behind import Shape, exams_of, refuse_unscorable, refuse_untaught, shape_of
from eval.study.exams_there import refuse_unreadable
from eval.study.readings import (
    YET,
    base_place,
    basing,
    named_file,
    prepared,
    prepared_base,
    sets_of,
    tokens_of,
    tuning,
)
from eval.study.recipe import Arm, LoadedStudy
from eval.study.resolved import equal_arms, training_of
from eval.study.standing import Texts, of_base, of_run
from tokenizer.recipe import load_fit
from train.device import refuse_without
from train.hook import hook_of
from train.recipe import LoadedTrain
from train.sft.records import Records, records
from train.sizes import size_of


class Problems:
    """What was found, in order: each once, with all arms of which it was."""

    def __init__(self, loaded: LoadedStudy) -> None:
        self.loaded = loaded
        self.found: dict[tuple[str, str], tuple[UserError, list[Arm]]] = {}

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """What is refused inside is noted, and the look goes on."""
        try:
            yield
        except UserError as error:
            told = error if isinstance(error, InStudy) else InStudy(error.what, error.where, error.mend)
            _, arms = self.found.setdefault((told.step, str(told.cause or told)), (told, []))
            if told.arm is not None and told.arm not in arms:
                arms.append(told.arm)

    def told(self) -> list[UserError]:
        """All of it."""
        return [in_study(error.cause, self.loaded, arms, error.step)
                if isinstance(error, InStudy) and error.cause is not None and len(arms) > 1 else error
                for error, arms in self.found.values()]  # fmt: skip

    def refuse(self) -> None:
        """Raises `UserError` with all that was found."""
        found = self.told()
        if len(found) == 1:
            raise found[0]
        if found:
            each = "\n".join("  " + str(error).replace("\n", "\n  ") for error in found)
            raise UserError(f"The study cannot be run, for {len(found)} reasons:\n{each}", str(self.loaded.file),
                            "mend all of them, and give the same command again: what is made is kept")  # fmt: skip


def distinct(loaded: LoadedStudy, what: str = MODEL) -> Iterator[Run]:
    """A run of the first seed for all that is made by more than one arm: of each size the arms that make their own, or
    those that go on from a base of their own (`what`: BASE)."""
    for size in loaded.study.sizes or ("",):
        for arm in loaded.study.arm:
            run = Run(arm, arm.name, 0, 0, size)
            if (what != BASE or arm.start == "base") and _first(loaded, run, what) is arm:
                yield run


def _first(loaded: LoadedStudy, run: Run, what: str) -> Arm:
    """The arm that makes it; a base is made by the first of those that go on from it."""
    if what == BASE:
        return next(arm for arm in loaded.study.arm if arm.start == "base" and arm.base == run.arm.base)
    name = maker(loaded.study, run, what)
    return next(arm for arm in loaded.study.arm if arm.name == name)


def refuse_unready(loaded: LoadedStudy, hub: bool, devices: bool) -> None:
    """Raises `UserError` for recipes that cannot be used, sizes, tiers and sources that there are none of, arms that
    come to the same, and exams that cannot be read. `hub`: whether exams may be had from the Hub; `devices`: whether it
    will be trained here."""
    found = Problems(loaded)
    with found.noted():
        refuse_unreadable(loaded, hub)
    for step in ("general", "text"):
        if name := getattr(loaded.study, step):
            with found.noted(), told_by(loaded, loaded.study.arm[0], step):
                check_signals(load_recipe(named_file(loaded, name)).recipe)
    for run in distinct(loaded, TUNED):
        arm = run.arm
        with found.noted(), told_by(loaded, arm, "tokenizer"):
            load_fit(named_file(loaded, loaded.study.tokenizer), sets_of(loaded, arm, "tokenizer"))
        if loaded.study.tune:
            with found.noted(), told_by(loaded, arm, "tune"):
                _examples(loaded, run, devices)
        corpus = None
        with found.noted(), told_by(loaded, arm, "corpus"):
            corpus = load_recipe(named_file(loaded, loaded.study.corpus), sets_of(loaded, arm, "corpus")).recipe
            check_signals(corpus)
        with found.noted(), told_by(loaded, arm, "train"):
            made = training_of(loaded, run)
            _refuse_setting(made, devices)
            if corpus is not None:
                _refuse_unknown(loaded, arm, made, corpus)
    for run in distinct(loaded, BASE):
        with found.noted(), told_by(loaded, run.arm, "base"):
            _refuse_setting(basing(loaded, run), devices)
    for error in equal_arms(loaded):
        with found.noted():
            raise error
    found.refuse()


def _refuse_setting(made: LoadedTrain, devices: bool) -> None:
    size_of(made.recipe.model.size)
    if devices:
        refuse_without(made.recipe.device, made.file)
        hook_of(made.recipe.hook, made.base)


def _refuse_unknown(loaded: LoadedStudy, arm: Arm, made: LoadedTrain, corpus: Recipe) -> None:
    """Raises `UserError` for a slice all of whose tiers or sources the recipe of the corpus does not give, and for any
    such tier of `match`, which would be a control of something else."""
    known = {"tier": [*dict.fromkeys(one.tier for one in corpus.tier)], "source": [one.name for one in corpus.source]}
    for part in made.recipe.slice:
        for what, names in known.items():
            asked = getattr(part, f"{what}s")
            if names and asked and not part.corpus and not set(asked) & set(names):
                raise UserError(f"The corpus has no {what} {asked[0]!r}.", f"[[slice]] {part.name}",
                                f"name {what}s that it has: {', '.join(names)}")  # fmt: skip
    wanted, tiers = arm.match.tiers if arm.match is not None else (), known["tier"]
    if tiers and (unknown := [name for name in wanted if name not in tiers]):
        raise InStudy(f"Arm {arm.name!r} cannot be matched. The corpus has no tier {unknown[0]!r}.",
                      f"{loaded.file}: [[arm]] {arm.name}: match.tiers",
                      f"name tiers that it has: {', '.join(tiers)}")  # fmt: skip


def _examples(loaded: LoadedStudy, run: Run, devices: bool) -> Records:
    """What fine-tuning would learn from."""
    made = tuning(loaded, run, YET)
    if devices:
        refuse_without(made.recipe.device, made.file)
        hook_of(made.recipe.hook, made.base)
    return records(made)


def undone(loaded: LoadedStudy, places: Places, what: str, again: bool) -> Iterator[Run]:
    """Those of `distinct` that are yet to be made; all of them where what is made may be made `again`."""
    for run in distinct(loaded, what):
        place = places.scores(run) if what == TUNED else places.made(loaded.study, run, what)
        if again or not (place / "card.json").is_file():
            yield run


def refuse_textless(loaded: LoadedStudy, places: Places, again: bool = True) -> None:
    """Raises `UserError` for arms that the corpora, which stand, have no text for, or too little for any tokenizer.
    `again`: whether arms are looked at that are made already."""
    found, texts = Problems(loaded), Texts(places.store)
    for run in undone(loaded, places, BASE, again):
        with found.noted():
            of_base(loaded, places, run, texts)
    for run in undone(loaded, places, MODEL, again):
        with found.noted():
            of_run(loaded, places, run, texts)
    found.refuse()


def refuse_unmet(loaded: LoadedStudy, places: Places, watch: Silent, again: bool = True) -> None:
    """Raises `UserError` for arms whose training, fine-tuning or scoring cannot be made ready: tokenizers stand, and
    ids are made here that every run of an arm then finds. `again`: as above."""
    found = Problems(loaded)
    for run in undone(loaded, places, BASE, again):
        with found.noted(), told_by(loaded, run.arm, "base"):
            prepared_base(loaded, places, run, watch)
    behind = list(undone(loaded, places, TUNED, again))
    needed = {(maker(loaded.study, run, MODEL), run.size) for run in behind}
    ready = dict[tuple[str, str], Shape]()
    for run in distinct(loaded):
        if (run.name, run.size) in needed:
            with found.noted(), told_by(loaded, run.arm, "train"):
                base = base_place(loaded, places, run)
                tokens = tokens_of(loaded, places, run, base)
                ready[run.name, run.size] = shape_of(prepared(loaded, places, run, base, tokens, watch))
    exams = exams_of(loaded) if ready else None
    for run in behind:
        model = ready.get((maker(loaded.study, run, MODEL), run.size))
        if model is not None and loaded.study.tune:
            with found.noted():
                refuse_untaught(loaded, run, model)
        if model is not None and exams is not None:
            with found.noted():
                refuse_unscorable(loaded, run, model, exams)
    found.refuse()
