"""What a study would compute and how long it would take, before anything is read: for `evaluate ablate --dry-run`.

Takes a study's recipes, and gives operations by the formulas of `train/plan/flops.py`; a device's peak comes from
`train/plan/devices.py`. Training is reckoned, of the base too; corpora, fine-tuning and evaluation are not, and that is
said. A model that goes on from a base is taken for as large as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from corpus.errors import UserError
from corpus.report.wording import plural
from eval.study.arms import BASE, MODEL, NULL, Run, maker
from eval.study.readings import named_file, sets_of
from eval.study.recipe import Arm, LoadedStudy
from tokenizer.recipe import load_fit
from train.data.special_ids import SpecialIds
from train.models import ENCODERS, config_of
from train.plan.devices import Device
from train.plan.dry_run import UTILISATION
from train.plan.flops import flops_per_token
from train.plan.parameters import anatomy, summed
from train.recipe import TrainRecipe, load_train
from train.sizes import size_of

SLICE = 9 * 60  # seconds of a stretch in which a study is gone on with
START = 20.0  # seconds in which a run begins: libraries, weights, the first step. An assumption of ours
BYTES = 4.0  # of a token, where a budget is in bytes: an assumption


class Part(NamedTuple):
    """What is trained `runs` times. `flops`: of one run, of `tokens`, each of `each`. `like`: the arm whose model an
    arm takes, which then trains none."""

    name: str
    parameters: int
    tokens: int
    each: int
    runs: int
    like: str = ""

    @property
    def flops(self) -> int:
        return self.tokens * self.each


def parts(loaded: LoadedStudy) -> list[Part]:
    """Every arm in every size, the null arm, and the base."""
    study = loaded.study
    found = []
    for size in study.sizes or ("",):
        for arm in study.arm:
            if (own := maker(study, Run(arm, arm.name, 0, 0, size), MODEL)) == arm.name:
                found.append(_part(loaded, arm, size, arm.name))
            else:
                found.append(Part(f"{arm.name} {size}".strip(), 0, 0, 0, 0, own))
        if study.null:
            found.append(_part(loaded, study.arm[0], size, NULL))
        bases = {arm.base: arm for arm in study.arm if arm.start == "base"}
        found += [_base(loaded, arm, size) for arm in bases.values()]
    return found


def seconds(part: Part, device: Device, precision: str) -> float:
    """Of all runs of a part on one device. Raises `UserError` for a precision that it has not."""
    peak = device.peak(precision)
    if peak is None:
        raise UserError(f"{device.name} does not multiply in {precision}.", mend="name another --device")
    return part.runs * (START + part.flops / (peak * UTILISATION))


def told(loaded: LoadedStudy, device: Device) -> Iterator[str]:
    """The arithmetic, a line each."""
    precision = "bfloat16" if device.peak("bfloat16") else "float16"
    whole = 0.0
    peak = device.peak(precision) or 0.0
    yield f"{loaded.study.name}: training on one {device.name}, {peak / 1e12:,.0f} TFLOP/s in {precision}, of which " \
          f"{UTILISATION:.0%} is assumed to be reached, and {START:.0f} s for each run to begin"  # fmt: skip
    for part in parts(loaded):
        if part.like:
            yield f"  {part.name:<24}the models of {part.like}"
            continue
        took = seconds(part, device, precision)
        whole += took
        yield f"  {part.name:<24}{part.runs} x ({part.tokens:,} tokens x {part.each:,} = {part.flops:.2e} FLOP) with " \
              f"{part.parameters:,} parameters: {took / 60:.1f} minutes"  # fmt: skip
    stretches = -int(-whole // SLICE)
    yield f"  together {whole / 60:.1f} minutes, in {plural(stretches, 'stretch', 'stretches')} of at most " \
          f"{SLICE // 60} minutes (--minutes {SLICE // 60}); corpora, fine-tuning and evaluation come on top, and " \
          "are not reckoned"  # fmt: skip


def _part(loaded: LoadedStudy, arm: Arm, size: str, name: str) -> Part:
    study = loaded.study
    recipe = _train(loaded, arm, size, "base" if arm.start == "base" else "train")
    fit = load_fit(named_file(loaded, study.tokenizer), sets_of(loaded, arm, "tokenizer"))
    parameters, each = _model(recipe, fit.recipe.vocabulary)
    budget = study.budget
    tokens = budget.tokens or (budget.bytes / BYTES if budget.bytes else budget.flops / each)
    return Part(f"{name} {size}".strip(), parameters, round(tokens * arm.training_share), each, study.seeds)


def _base(loaded: LoadedStudy, arm: Arm, size: str) -> Part:
    study = loaded.study
    found = _part(loaded, arm, size, BASE)
    null = study.seeds if study.null and study.arm[0].start == "base" and study.arm[0].base == arm.base else 0
    return found._replace(name=f"base {size}".strip(), tokens=study.budget.base or study.budget.tokens,
                          runs=study.seeds + null)  # fmt: skip


def _train(loaded: LoadedStudy, arm: Arm, size: str, step: str) -> TrainRecipe:
    where = getattr(loaded.study, step)
    sized = (f"model.size={size}",) if size else ()
    return load_train(named_file(loaded, where), (*sets_of(loaded, arm, step), *sized, "budget.tokens=1")).recipe


def _model(recipe: TrainRecipe, vocabulary: int) -> tuple[int, int]:
    """Parameters, and operations a token, of a model that is begun with."""
    size = size_of(recipe.model.size)
    sequence = recipe.model.sequence or size.sequence
    special = SpecialIds(mask=vocabulary - 1 if recipe.model.shape in ENCODERS else None)
    config: Any = config_of(recipe.model.shape, size, vocabulary, special, sequence=sequence)
    body = anatomy(config)
    return summed(body).total, flops_per_token(body, sequence).total


def as_dict(loaded: LoadedStudy, device: Device) -> dict[str, Any]:
    """The same for JSON."""
    precision = "bfloat16" if device.peak("bfloat16") else "float16"
    found = [{**part._asdict(), "flops": part.flops, "seconds": seconds(part, device, precision)}
             for part in parts(loaded)]  # fmt: skip
    return {"study": loaded.study.name, "device": device.name, "parts": found,
            "seconds": sum(one["seconds"] for one in found)}  # fmt: skip
