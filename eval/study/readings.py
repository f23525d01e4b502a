"""What a run reads in training: the recipes of its steps, as study and arm have them, and what comes of them.

Takes a study and a run (`eval/study/arms.py`); goes to `eval/study/steps.py`, which trains, and to
`eval/study/foreseen.py` and `eval/study/standing.py`, which look before anything is trained at what would be read. An
arm that goes on from a base can be looked at before there is one: fresh weights of its shape read the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus.progress import Silent
from eval.study.arms import BASE, MODEL, TUNED, Places, Run, maker, run_name
from eval.study.budget import in_words, refuse_less_than_a_row, tokens_for_bytes, tokens_for_flops
from eval.study.matched import as_set
from eval.study.matched import slices as matched
from eval.study.recipe import LoadedStudy, Overrides
from train.prepare import LONGEST, Prepared, prepare
from train.recipe import FirstSettings, LoadedTrain, LoraSettings, load_train
from train.sft.recipe import LoadedSft, load_sft
from train.sizes import size_of

YET = Path("yet-to-be-made")  # stands for a model that nobody looks into
LEAST = 100_000  # tokens of the look by which a budget in bytes or FLOPs becomes one in tokens


def sets_of(loaded: LoadedStudy, arm: Overrides, step: str) -> tuple[str, ...]:
    """The values of a step: the study's, and the arm's over them."""
    return (*getattr(loaded.study.sets, step), *getattr(arm, step))


def named_file(loaded: LoadedStudy, name: str) -> str:
    """A recipe beside the study's file, or of a shipped name."""
    beside = loaded.base / name
    return str(beside) if beside.is_file() else name


def general(loaded: LoadedStudy, places: Places) -> Path:
    """The corpus that a base reads, and that replay is drawn from."""
    return places.general() if loaded.study.general else places.corpus(loaded.study.arm[0].corpus)


def basing(loaded: LoadedStudy, run: Run) -> LoadedTrain:
    """The recipe of a run's base."""
    tokens = loaded.study.budget.base or loaded.study.budget.tokens
    sets = (*sets_of(loaded, run.arm, "base"), *_sized(run), f"budget.tokens={tokens}", f"seed={run.seed}",
            f"name=base-{_called(loaded, run, BASE)}")  # fmt: skip
    return load_train(named_file(loaded, loaded.study.base), sets)


def training(
    loaded: LoadedStudy, places: Places, run: Run, base: Path | None, tokens: int, *more: str
) -> LoadedTrain:  # fmt: skip
    """The recipe of a run's training."""
    on = (f"model.base={base}", f"replay.corpus={general(loaded, places)}") if base else _sized(run)
    slices = (as_set(matched(places.corpus(run.arm.corpus), run.arm.match)),) if run.arm.match else ()
    sets = (*sets_of(loaded, run.arm, "train"), *slices, *on, f"budget.tokens={tokens}", f"seed={run.seed}",
            f"name={_called(loaded, run, MODEL)}", *more)  # fmt: skip
    return load_train(named_file(loaded, loaded.study.train), sets)


def _called(loaded: LoadedStudy, run: Run, what: str) -> str:
    """The name of what a run makes, arm and seed, on its page and in its card: as its folder is called, so that runs
    that share it give it the same."""
    return run_name(run._replace(name=maker(loaded.study, run, what)))


def _sized(run: Run) -> tuple[str, ...]:
    return (f"model.size={run.size}",) if run.size else ()


def tokenizer(places: Places, run: Run, base: Path | None) -> str:
    """The tokenizer of a run that brings its own; a base has one."""
    return "" if base else str(places.tokenizer(run.arm.corpus, run.arm.tokenizer))


def base_place(loaded: LoadedStudy, places: Places, run: Run) -> Path | None:
    """Where the base of a run is, or will be; None of a run from fresh weights."""
    return places.made(loaded.study, run, BASE) if run.arm.start == "base" else None


def prepared_base(loaded: LoadedStudy, places: Places, run: Run, watch: Silent) -> Prepared:
    """What the base of a run reads."""
    made = basing(loaded, run)
    return prepare(made, general(loaded, places), str(places.general_tokenizer()), places.store, watch)


def prepared(
    loaded: LoadedStudy, places: Places, run: Run, base: Path | None, tokens: int, watch: Silent, *more: str
) -> Prepared:  # fmt: skip
    """What a run reads of so many tokens. Where its base is yet to be trained, fresh weights stand for it."""
    made, own = training(loaded, places, run, base, tokens, *more), tokenizer(places, run, base)
    if base is not None and not (base / "card.json").is_file():
        made, own = _as_fresh(made, basing(loaded, run)), str(places.general_tokenizer())
    return prepare(made, places.corpus(run.arm.corpus), own, places.store, watch)


def _as_fresh(made: LoadedTrain, base: LoadedTrain) -> LoadedTrain:
    """The same training on fresh weights of the base's shape, in rows as long as on the base itself."""
    longest = base.recipe.model.sequence or size_of(base.recipe.model.size).sequence
    sequence = made.recipe.model.sequence or min(longest, LONGEST)
    model = base.recipe.model.model_copy(update={"sequence": sequence})
    fresh = {"model": model, "lora": LoraSettings(), "first": FirstSettings()}
    return made._replace(recipe=made.recipe.model_copy(update=fresh))


def tokens_of(loaded: LoadedStudy, places: Places, run: Run, base: Path | None) -> int:
    """What of the study's budget a run may read in training, in tokens: of its own text for bytes, of its model for
    FLOPs. Raises `UserError` where these are less than a row."""
    budget, part = loaded.study.budget, run.arm.training_share
    if budget.tokens:
        return max(round(budget.tokens * part), 1)
    found = prepared(loaded, places, run, base, LEAST, Silent(), "budget.most_epochs=1e9")
    if budget.bytes:
        tokens = tokens_for_bytes(found, part * budget.bytes)
    else:
        tokens = tokens_for_flops(part * budget.flops, _flops(found))
    refuse_less_than_a_row(tokens, found.packed.size, in_words(loaded.study))
    return tokens


def _flops(found: Prepared) -> int:
    """Operations a token of the model to be."""
    from train.base import fresh_config
    from train.plan.dry_run import read_config
    from train.plan.flops import flops_per_token
    from train.plan.parameters import anatomy

    config: Any = read_config(found.base.config) if found.base else fresh_config(found)
    return flops_per_token(anatomy(config), found.sequence).total


def tuning(loaded: LoadedStudy, run: Run, model: Path, *more: str) -> LoadedSft:
    """The recipe of a run's fine-tuning."""
    name = _called(loaded, run, TUNED)
    sets = (*sets_of(loaded, run.arm, "tune"), f"base={model}", f"seed={run.seed}", f"name={name}", *more)
    return load_sft(named_file(loaded, loaded.study.tune), sets)


def epochs_left(loaded: LoadedStudy, run: Run, once: int) -> str:
    """A `--set` value: how often the examples, of `once` tokens, are read with what training leaves of the budget."""
    rest = loaded.study.budget.tokens * (1 - run.arm.training_share)
    return f"epochs={max(rest / once, 1e-3)}"
