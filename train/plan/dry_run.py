"""What a run would need and take before it is started: parameters, memory for each sharding, operations, time.

A transformers config and a `Plan` come in, from a recipe or from the command line; a `Report` goes out, `told` as text
with the arithmetic in it, and `refuse` raises for what cannot fit, saying what would. Nothing is built or downloaded,
and no device is needed. The formulas stand in `train/plan/parameters.py`, `train/plan/flops.py` and
`train/plan/memory.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import UserError
from train.model_folder import CONFIG, json_of
from train.plan.devices import GIB, TERA, Device
from train.plan.flops import FULL, Flops, Trained, flops_per_token, trained_parameters
from train.plan.memory import SHARDINGS, Memory, Setting, memory
from train.plan.parameters import KINDS, Anatomy, Parameters, anatomy, summed

UTILISATION = 0.40  # what well-made runs reach: 33 to 46 % by PaLM's formula (torchtitan, nanochat, Meditron)
MOST_DEVICES = 4096


class Plan(NamedTuple):
    """A run to be. `devices`: how many of `device`. `tokens`: of the whole run. `rows`: on a device at once, of
    `sequence` tokens; `batch`: rows of one update over all devices, 0 for `rows` on each. `utilisation`: share of the
    device's peak that is assumed, of all that is computed. `sharding`: the one that is wanted, "" for a look at all."""

    device: Device
    devices: int = 1
    tokens: int = 0
    rows: int = 1
    sequence: int = 1024
    batch: int = 0
    precision: str = "bfloat16"
    sharding: str = ""
    utilisation: float = UTILISATION
    trained: Trained = FULL
    checkpointing: bool = False
    fused_loss: bool = False
    packed: bool = False
    causal: bool = False

    @property
    def setting(self) -> Setting:
        """What of it memory depends on."""
        return Setting(self.devices, self.precision, self.rows, self.sequence, self.trained, self.checkpointing,
                       self.fused_loss, self.packed)  # fmt: skip


class Report(NamedTuple):
    """What comes of a plan. `seconds`: of the whole run, with what gradient checkpointing computes again, None when the
    device does not work in that precision. `peak`: FLOP/s of one device."""

    name: str
    plan: Plan
    body: Anatomy
    parameters: Parameters
    trained: int
    memory: tuple[Memory, ...]
    flops: Flops
    peak: float | None
    seconds: float | None

    @property
    def fitting(self) -> list[str]:
        """The shardings that fit into each device."""
        return [one.sharding for one in self.memory if one.total <= self.plan.device.usable]

    def as_dict(self) -> dict[str, Any]:
        """The numbers, for JSON."""
        plan = self.plan._asdict() | {"device": self.plan.device.name, "trained": self.plan.trained._asdict()}
        return {"name": self.name, "plan": plan, "parameters": self.parameters._asdict() | {"trained": self.trained},
                "memory": {one.sharding: {**one._asdict(), "total": one.total} for one in self.memory},
                "usable": self.plan.device.usable, "fitting": self.fitting, "peak": self.peak, "seconds": self.seconds,
                "flops": self.flops._asdict() | {"total": self.flops.total, "hardware": self.flops.hardware},
                }  # fmt: skip


def read_config(source: Path | dict[str, Any]) -> Any:
    """A transformers config from a `config.json`, its folder, or its content. No code of it runs: what it says of its
    own modules (`auto_map`) is passed over. Raises `UserError` for a file that is none or a kind that transformers
    lacks."""
    from transformers import AutoConfig

    told, where = (source, "") if isinstance(source, dict) else _json(source)
    kind = str(told.get("model_type"))
    rest = {key: value for key, value in told.items() if key not in ("model_type", "auto_map", "transformers_version")}
    try:
        return AutoConfig.for_model(kind, **rest)
    except Exception as error:  # its checks raise classes of their own, by the dozen
        raise UserError(f"That is no config of a transformers model (model_type is {kind!r}).",
                        f"{where}: {str(error).splitlines()[0][:200]}" if where else str(error).splitlines()[0][:200],
                        "give the config.json of a model that transformers knows") from None  # fmt: skip


def _json(path: Path) -> tuple[dict[str, Any], str]:
    file = path / CONFIG if path.is_dir() else path
    told = json_of(file, "The config of the model cannot be read.", "give a config.json, or the folder of a model")
    if not isinstance(told, dict):
        raise UserError("The config of the model is no JSON object.", str(file), "give a config.json")
    return told, str(file)


def body_of(config: Any) -> Anatomy:
    """The matrices of a model: by arithmetic where its kind is known, else by a look at its modules."""
    if getattr(config, "model_type", "") in KINDS:
        return anatomy(config)
    from train.plan.survey import surveyed

    return surveyed(config)


def dry_run(name: str, config: Any, plan: Plan) -> Report:
    """Reckon a plan through. `name`: of the model, as it is to be told. Raises `UserError` for a plan that makes no
    sense: a utilisation that is no share, fewer than no tokens, a row that is longer than the model can read."""
    body = body_of(config)
    _check(config, plan)
    flops = flops_per_token(body, plan.sequence, plan.trained, causal=plan.causal, checkpointing=plan.checkpointing)
    peak = plan.device.peak(plan.precision)
    seconds = None if peak is None else plan.tokens * flops.hardware / (plan.devices * peak * plan.utilisation)
    needs = tuple(memory(body, sharding, plan.setting) for sharding in SHARDINGS)
    trained = trained_parameters(body, plan.trained)
    return Report(name, plan, body, summed(body), trained, needs, flops, peak, seconds)


def _check(config: Any, plan: Plan) -> None:
    if not 0 < plan.utilisation <= 1:
        raise UserError(f"A utilisation is a share above 0 and up to 1, not {plan.utilisation}.")
    if plan.tokens < 0 or plan.batch < 0:
        raise UserError("Tokens and rows cannot be fewer than none.")
    if plan.sharding and plan.sharding not in SHARDINGS:
        raise UserError(f"There is no sharding {plan.sharding!r}.", mend=f"choose one of {', '.join(SHARDINGS)}")
    each = max(1, plan.rows * plan.devices)
    if plan.batch % each:
        raise UserError(f"A batch of {plan.batch:,} rows is no multiple of {plan.rows} rows on {plan.devices} devices.",
                        mend=f"make it a multiple of {each:,}")  # fmt: skip
    longest = getattr(config, "max_position_embeddings", None)
    if longest and plan.sequence > longest:
        raise UserError(f"Rows of {plan.sequence:,} tokens are longer than the model reads: {longest:,}.",
                        mend=f"set the sequence to {longest:,} or less")  # fmt: skip


def refuse(report: Report) -> None:
    """Raise `UserError` when the plan cannot be carried out: the precision is not the device's, or the sharding that is
    wanted (with none wanted, every one) does not fit. It says what would."""
    plan = report.plan
    if report.peak is None:
        able = [one for one in ("bfloat16", "float16", "float32") if plan.device.peak(one)]
        raise UserError(f"{plan.device.name} does not multiply in {plan.precision}.",
                        mend=f"set the precision to {' or '.join(able)}")  # fmt: skip
    wanted = [one for one in report.memory if one.sharding == plan.sharding] or list(report.memory)
    least = min(wanted, key=lambda one: one.total)
    if least.total <= plan.device.usable:
        return
    what = plan.sharding or "any sharding"
    raise UserError(
        f"{report.name} does not fit with {what}: {gib(least.total)} of {gib(plan.device.usable)} usable on each "
        f"{plan.device.name}.", where=_largest(least), mend=_cure(report),
    )  # fmt: skip


def _largest(found: Memory) -> str:
    parts = {name: getattr(found, name) for name in PARTS}
    name = max(parts, key=lambda part: parts[part])
    return f"{found.sharding} on each device, most of it {name}: {gib(parts[name])}"


PARTS = ("weights", "gradients", "optimizer", "gathered", "buffers", "activations", "logits")


# The keys of a recipe that do it.
ONE, AGAIN = "batch.device_rows = 1", "batch.gradient_checkpointing = true"


def _cure(report: Report) -> str:
    """What would fit, the nearest first: another sharding, fewer rows, checkpointing, more devices."""
    plan, cures = report.plan, []
    if report.fitting:
        cures.append(f"sharding {', '.join(report.fitting)} on these {plan.devices}")
    changes = {
        f"one row on a device at a time ({ONE})": plan._replace(rows=1, batch=0),
        f"gradient checkpointing ({AGAIN})": plan._replace(checkpointing=True),
        f"one row and gradient checkpointing ({ONE}, {AGAIN})": plan._replace(rows=1, batch=0, checkpointing=True),
        f"one row, gradient checkpointing ({ONE}, {AGAIN}) and a fused loss, which no recipe here has,":
            plan._replace(rows=1, batch=0, checkpointing=True, fused_loss=True),
    }  # fmt: skip
    for what, changed in changes.items() if not report.fitting else ():
        if changed != plan and (found := fitting(report.body, changed)):
            cures.append(f"{what} with {', '.join(found)}")
            break
    for sharding in ("zero3", "fsdp2"):
        if sharding not in report.fitting and (count := devices_needed(report.body, sharding, plan)):
            cures.append(f"{sharding} on {count} or more")
    return "; or ".join(cures) or "a device with more memory, a smaller model, fewer rows or shorter ones"


def fitting(body: Anatomy, plan: Plan) -> list[str]:
    """The shardings with which a plan fits into its devices."""
    return [one for one in SHARDINGS if memory(body, one, plan.setting).total <= plan.device.usable]


def devices_needed(body: Anatomy, sharding: str, plan: Plan) -> int:
    """The fewest devices of the plan's kind on which a sharding fits, the rows on each staying; 0 when none of up to
    4,096 does: what is not divided is too large already."""
    low, high = 1, MOST_DEVICES

    def fits(devices: int) -> bool:
        return memory(body, sharding, plan._replace(devices=devices).setting).total <= plan.device.usable

    if not fits(high):
        return 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low


def gib(size: float) -> str:
    """Bytes in GiB."""
    return f"{size / GIB:,.2f} GiB"


def tera(flops: float) -> str:
    """FLOP/s in TFLOP/s."""
    return f"{flops / TERA:,.1f} TFLOP/s"
