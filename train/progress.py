"""What is told of a run while it runs: a line a step in `log.jsonl`, TensorBoard files, and a bar with the time
left.

Told by the Trainer (`train/loop.py`); `log.jsonl` is what the final page (`train/page/page.py`) draws. It has lines of
three kinds: of a step, of a look at what is held out (of step 0 before the first one), of the hook of a checkpoint.
Tokens, and tokens per second, are those that were read: padding is not counted, nor the time of looks, checkpoints and
hooks.
Utilisation compares what the model needs with the device's peak, where that is known (`train/plan/flops.py`,
`train/plan/devices.py`). Memory is the most that was held at once: of the GPU, or of this process.
"""

from __future__ import annotations

import contextlib
import json
import math
import resource
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from corpus.progress import Silent
from corpus.store import write_whole
from train.page.logged import KINDS, LOG, numbers_in

SMOOTH = 10  # steps over which the rate is taken


class Facts(NamedTuple):
    """What a step is worth. `tokens`: places in its rows; `told`: share of them that hold a token; `bytes_per_token`
    of the run's text, 0 where the loss is not of text; `flops`: of the model per token; `peak`: FLOP/s of all devices,
    None where it is not known; `read`: tokens read after each step, where steps differ."""

    steps: int
    tokens: int
    told: float
    bytes_per_token: float
    flops: int
    peak: float | None
    read: Sequence[int] = ()

    def after(self, step: int) -> int:
        """Tokens read after so many steps."""
        return (int(self.read[step - 1]) if step else 0) if len(self.read) else step * self.tokens


class Progress(TrainerCallback):
    """Writes and shows what the Trainer logs."""

    def __init__(self, folder: Path, facts: Facts, watch: Silent, tensorboard: bool = True) -> None:
        self.folder, self.facts, self.watch = folder, facts, watch
        self.tensorboard = tensorboard
        self.boards: Any = None
        self.times: list[float] = []  # when each of the last steps ended; of the first, when it began
        self.last = 0.0  # when something was told last
        self.hooked: set[int] = set()  # steps whose hook stands in the log
        self.file: Any = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Goes on behind the step that the run is taken up at: what a killed run wrote beyond it was not kept, and
        nothing of one that begins anew."""
        if not state.is_world_process_zero:
            return
        lines = kept_lines(self.folder / LOG, state.global_step) if state.global_step else []
        self.hooked = {told["step"] for line in lines if "hook" in (told := json.loads(line))}
        write_whole(self.folder / LOG, "".join(lines))
        self.file = (self.folder / LOG).open("a", encoding="utf-8")
        if self.tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            behind = state.global_step + 1 if state.global_step else 0
            self.boards = SummaryWriter(str(self.folder / "tensorboard"), purge_step=behind)
        self.last = time.perf_counter()
        self.times = [self.last]

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any) -> None:
        """A step, or a look at what is held out."""
        logs: dict[str, float] = told["logs"]
        if self.file is None:
            return
        if "loss" in logs:
            self._write(self._step(state.global_step, logs))
        elif any(name.startswith(tuple(f"{kind}/" for kind in KINDS)) for name in logs):
            self._write(looked(state.global_step, self.facts.after(state.global_step), logs))
            self._pause()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Called by the Trainer, when a checkpoint is whole."""
        self._pause()

    def hook(self, step: int, told: Mapping[str, Any]) -> None:
        """What came of the hook of a checkpoint (`train/hook.py`)."""
        if self.file is None:
            return
        self._write({"step": step, "tokens": self.facts.after(step), "hook": dict(told)})
        self.hooked.add(step)
        self._pause()

    def _write(self, line: dict[str, Any]) -> None:
        try:
            self.file.write(json.dumps(_plain(line), allow_nan=False) + "\n")
            self.file.flush()
            self._board(line)
        except OSError:
            self._let_go()
            raise

    def _pause(self) -> None:
        """What was done since something was told last is no part of a step."""
        now = time.perf_counter()
        self.times = [one + now - self.last for one in self.times]
        self.last = now

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Called by the Trainer, also when it stops early."""
        self.close()

    def close(self) -> None:
        """Close the files."""
        for one in (self.file, self.boards):
            if one is not None:
                one.close()
        self.file = self.boards = None

    def _let_go(self) -> None:
        """Close the files of a full disk, which would be asked again for what they still hold."""
        for one in (self.file, self.boards):
            with contextlib.suppress(OSError):
                if one is not None:
                    one.close()
        self.file = self.boards = None

    def _step(self, step: int, logs: dict[str, float]) -> dict[str, Any]:
        self.last = time.perf_counter()
        self.times = [*self.times[-SMOOTH:], self.last]
        facts, peak = self.facts, self.facts.peak
        read = facts.after(step) - facts.after(step - len(self.times) + 1)
        rate = read / max(self.times[-1] - self.times[0], 1e-9)
        self.watch.tick(step, {"tokens": facts.after(step) - facts.after(step - 1)})
        return {
            "step": step, "tokens": facts.after(step), "loss": logs["loss"],
            "bits_per_byte": logs["loss"] / math.log(2) / facts.bytes_per_token if facts.bytes_per_token else None,
            **({"penalty": logs["penalty"]} if "penalty" in logs else {}),
            "grad_norm": logs.get("grad_norm"), "learning_rate": logs["learning_rate"],
            "tokens_per_second": round(rate, 1),
            "utilisation": round(rate * facts.flops / peak, 4) if peak and facts.flops else None,
            "memory_gib": round(memory() / 2**30, 3),
        }  # fmt: skip

    def _board(self, line: dict[str, Any]) -> None:
        if self.boards is None:
            return
        result = line.get("hook", {}).get("result", {})
        drawn = {**{f"hook/{name}": value for name, value in numbers_in(result).items()},
                 **{f"{kind}/{name}": value for kind in KINDS for name, value in line.get(kind, {}).items()},
                 **{name: value for name, value in line.items() if isinstance(value, (int, float))}}  # fmt: skip
        for name, value in drawn.items():
            if name not in ("step", "tokens"):
                self.boards.add_scalar(name, value, line["step"])


def _plain(told: Any) -> Any:
    """A line with null for numbers that are none: JSON has no others."""
    if isinstance(told, Mapping):
        return {name: _plain(value) for name, value in told.items()}
    return None if isinstance(told, float) and not math.isfinite(told) else told


def looked(step: int, tokens: int, found: Mapping[str, float]) -> dict[str, Any]:
    """A look at what is held out as a line of the log. `found`: values by kind and name, `held_out/english`."""
    line: dict[str, Any] = {"step": step, "tokens": tokens}
    for key, value in found.items():
        kind, _, name = key.partition("/")
        if kind in KINDS:
            line.setdefault(kind, {})[name] = value
    return line


def kept_lines(file: Path, step: int) -> list[str]:
    """The lines of a log up to a step; a line that was cut short is none."""
    if not file.is_file():
        return []
    kept = []
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        try:
            if line.endswith("\n") and json.loads(line)["step"] <= step:
                kept.append(line)
        except ValueError:
            continue
    return kept


def memory() -> int:
    """The most bytes held at once: on the GPU, or by this process."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def device_peak(precision: str, world: int) -> tuple[str, float | None]:
    """Name of the device and the peak of all of them in that precision, None where it is not in the table."""
    import torch

    from train.plan.devices import peak_of

    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    peak = peak_of(name, precision)
    return name, None if peak is None else peak * world
