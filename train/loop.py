"""The training loop: transformers' Trainer, told to keep our order, to save a checkpoint whole or not at all, and to
stop where a loss is no number.

Rows come from `train/data/rows.py` in the order in which they are to be read; what is logged goes to
`train/progress.py`, checkpoints to `train/checkpoint.py`. A checkpoint is transformers' own (weights as safetensors,
optimizer, schedule, random states), written in a folder aside and renamed; a resumed run reads on at the next row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch.distributed.fsdp import StateDictType
from torch.utils.data import Dataset, SequentialSampler
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from corpus.errors import UserError
from corpus.progress import Silent
from train.adapters import GIVEN, refer
from train.checkpoint import PREFIX, Checkpoints
from train.consolidation import Consolidation
from train.data.special_ids import IGNORED
from train.finite import finite
from train.first_phase import TablesFirst
from train.full_disk import told_if_full
from train.hook import OUTPUT, call
from train.model_folder import CHOICE
from train.processes import first_does
from train.progress import Facts, Progress, looked
from train.recipe import OptimizerSettings

Factor = Callable[[int], float]  # what the learning rate is multiplied with at a step
HeldOut = Callable[[Any], Mapping[str, float]]  # what is measured of a model on what is held out, as it is logged


class NotANumber(Exception):
    """The loss or the gradient of a step, or a weight after it, is not finite. `step`: which, from 1."""

    def __init__(self, step: int, what: str = "loss of") -> None:
        super().__init__(f"the {what} step {step:,} is not a number")
        self.step = step


class Loop(Trainer):
    """Trainer with our order, schedule and checkpoints. `factor`: what the learning rate is multiplied with at a
    step; `facts`: what a step is worth."""

    def __init__(self, *, factor: Factor, checkpoints: Checkpoints, held_out: HeldOut, facts: Facts,
                 first: TablesFirst | None = None, consolidation: Consolidation | None = None,
                 **told: Any) -> None:  # fmt: skip
        super().__init__(**told)
        self.factor, self.checkpoints, self.held_out, self.facts = factor, checkpoints, held_out, facts
        self.first, self.consolidation = first, consolidation
        if first is not None:
            self.add_callback(first)
        self.penalty: float | None = None  # of the last step, where weights are held back
        self.found: tuple[int, dict[str, float]] = (-1, {})  # of the last look at what is held out: step, values

    def _get_train_sampler(self, train_dataset: Dataset[Any] | None = None) -> torch.utils.data.Sampler[int]:
        rows: Any = train_dataset if train_dataset is not None else self.train_dataset
        return SequentialSampler(rows)

    def train(self, resume_from_checkpoint: str | bool | None = None, *told: Any, **named: Any) -> Any:
        """Trainer's, but that what is held out is looked at before the first step; where a run is gone on with, that
        stands in its log already."""
        if self.consolidation is not None:
            self.consolidation.begin(self)
        self.args.eval_on_start = not resume_from_checkpoint
        return super().train(resume_from_checkpoint, *told, **named)

    def create_optimizer(self, *told: Any, **named: Any) -> torch.optim.Optimizer:
        """Trainer's, with what waits for the end of a first phase in groups of its own."""
        new = self.optimizer is None
        made: torch.optim.Optimizer = super().create_optimizer(*told, **named)
        if new and self.first is not None:
            self.first.part(made, self.model)
        return made

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """A schedule that is a function of the step. Trainer asks for it when the model is shared out, before it loads
        a checkpoint."""
        if self.consolidation is not None:
            self.consolidation.share(self)
        if self.lr_scheduler is None:
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self._optimizer(), self.factor)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def _optimizer(self) -> torch.optim.Optimizer:
        assert self.optimizer is not None
        return self.optimizer

    def training_step(self, *told: Any, **named: Any) -> torch.Tensor:
        """Trainer's, and what holds weights back where the recipe asks for it: that is logged by itself, as `penalty`,
        so that the loss stays that of the text. A loss which is no number ends the run before a weight is changed by
        it."""
        holding = self.consolidation if self.accelerator.sync_gradients else None
        if holding:
            self.penalty = float(holding.penalty(self))  # before the step, which DeepSpeed takes at once
        loss: torch.Tensor = super().training_step(*told, **named)
        if holding:
            holding.pull(self)
        if not math.isfinite(float(loss) + (self.penalty or 0.0)):
            raise NotANumber(self.state.global_step + 1)
        return loss

    def log(self, logs: dict[str, float], *told: Any, **named: Any) -> None:
        """Trainer's, but that a gradient which is no number ends the run before a checkpoint is written: DeepSpeed
        would skip the step, and every one after it, behind a finite loss. Under fp16 such steps are in order."""
        if not math.isfinite(logs.get("grad_norm") or 0.0) and not self.args.fp16:
            raise NotANumber(self.state.global_step, "gradient of")
        if "loss" in logs and self.penalty is not None:
            logs = {**logs, "penalty": self.penalty}
        super().log(logs, *told, **named)

    def refuse_broken(self) -> None:
        """Raises `NotANumber` in every process when a weight of one is not finite: such weights are never written as
        good. A loss is finite when it is computed of weights that the step behind it breaks."""
        broken = torch.tensor([not finite(self.model)], dtype=torch.int32, device=self.accelerator.device)
        if bool(self.accelerator.gather(broken).any()):
            raise NotANumber(self.state.global_step, "weight after")

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """A look at what is held out, which is logged and changes nothing."""
        found = dict(self.held_out(self.model))  # every process: where weights are shared out, each has a part
        self.found = (self.state.global_step, found)
        if found:
            self.log(found)
        return found

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Trainer's: the whole weights as safetensors, gathered by all processes and written by the first. FSDP2's
        checkpoints are in parts, in which form Trainer would write no weights here."""
        plugin = self.accelerator.state.fsdp_plugin if self.is_fsdp_enabled else None
        if plugin is None:
            return super().save_model(output_dir, _internal_call)
        kept, plugin.state_dict_type = plugin.state_dict_type, StateDictType.FULL_STATE_DICT
        try:
            super().save_model(output_dir, _internal_call)
        finally:
            plugin.state_dict_type = kept

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """Trainer's. Weights that were gathered have lost which of them are one matrix: its second name goes."""
        for name in getattr(self.model, "all_tied_weights_keys", None) or () if state_dict else ():
            state_dict.pop(name, None)  # type: ignore[union-attr]
        super()._save(output_dir, state_dict)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self.checkpoints.aside)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Trainer's, in a folder aside; renamed when every process has written its part. What is held out was looked
        at right before."""
        step, kept, (last, found) = self.state.global_step, self.checkpoints, self.found
        self.refuse_broken()
        with told_if_full(
            f"the checkpoint of step {step}", kept.folder, kept.way_on, self._checkpoint_bytes, kept.give_up
        ):
            if self.args.should_save:
                kept.clear()
            self.accelerator.wait_for_everyone()
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                refer(kept.aside / f"{PREFIX}{step}", kept.place(step), getattr(self.model, GIVEN, None))
                kept.finish(step, looked(step, self.facts.after(step), found if last == step else {}))
            self.accelerator.wait_for_everyone()

    def _checkpoint_bytes(self) -> int | None:
        """Bytes of a checkpoint: of the last one, or of the tensors of this process where it is alone."""
        before = self.checkpoints.bytes_of_last()
        if before or self.args.world_size > 1:
            return before
        states = [] if self.args.save_only_model else self._optimizer().state.values()
        moments = [one for state in states for one in state.values() if isinstance(one, torch.Tensor)]
        return sum(one.nbytes for one in [*saved_tensors(self.model), *moments])


def saved_tensors(model: Any) -> list[torch.Tensor]:
    """The weights that a checkpoint of a model holds: all, or of one with adapters those that are trained."""
    adapted = hasattr(model, "peft_config")
    return [one for one in model.parameters() if one.requires_grad or not adapted]


def masked_loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
    """The mean over the masked tokens of a whole step. BERT's own in transformers takes that of each batch, whatever
    Trainer says of the step, and Trainer adds these up: twice the loss for two batches a step. Scalar."""
    logits = outputs.logits.float().flatten(0, -2)
    total = torch.nn.functional.cross_entropy(logits, labels.flatten(), reduction="sum")
    told: torch.Tensor = total / ((labels != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch)
    return told


class AtSteps(TrainerCallback):
    """Saves and evaluates after given steps, and logs after every one."""

    def __init__(self, save: frozenset[int], evaluate: frozenset[int]) -> None:
        self.save, self.evaluate = save, evaluate

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Called by the Trainer."""
        control.should_log = True
        control.should_save = state.global_step in self.save
        control.should_evaluate = state.global_step in self.evaluate

    def on_epoch_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The end of the rows follows a step, after which all was done already."""
        control.should_log = control.should_save = control.should_evaluate = False


class AtCheckpoints(TrainerCallback):
    """Runs the hook of each checkpoint when it is whole, by the first process, while the others wait."""

    def __init__(self, checkpoints: Checkpoints, progress: Progress, watch: Silent) -> None:
        self.checkpoints, self.progress, self.watch = checkpoints, progress, watch

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """A run that was killed behind a checkpoint, before its hook had ended, makes up for it."""
        if state.global_step:
            first_does(lambda: None if state.global_step in self.progress.hooked else self._run(state.global_step))

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Called by the Trainer."""
        first_does(lambda: self._run(state.global_step))

    def _run(self, step: int) -> None:
        hook, place = self.checkpoints.hook, self.checkpoints.place(step).absolute()
        assert hook is not None
        told = call(hook, place, step, self.progress.facts.after(step), self.checkpoints.folder.parent / OUTPUT)
        self.progress.hook(step, told)
        self.watch.say(f"hook of step {step:,}: {told.get('failed', 'done')}, {told['seconds']:,.1f} s")


def arguments(
    work: Path, steps: int, device_rows: int, gathered: int, optimizer: OptimizerSettings, rate: float, seed: int,
    precision: str, *, kind: Any = None, optimizer_state: bool = True, again: bool = False, **more: Any,
) -> TrainingArguments:  # fmt: skip
    """Trainer's arguments. `gathered`: batches gathered up for one step; `precision`: fp32 or bf16; `kind`: the class
    of the arguments where the trainer has one of its own; `again`: whether layers are computed again on the way back.
    """
    made: TrainingArguments = (kind or TrainingArguments)(
        output_dir=str(work), max_steps=steps, per_device_train_batch_size=device_rows,
        gradient_accumulation_steps=gathered, learning_rate=rate, adam_beta1=optimizer.betas[0],
        adam_beta2=optimizer.betas[1], adam_epsilon=optimizer.epsilon, weight_decay=optimizer.weight_decay,
        max_grad_norm=optimizer.clip, seed=seed, data_seed=seed, bf16=precision == "bf16", report_to="none",
        save_strategy="no", logging_strategy="no", eval_strategy="no", logging_nan_inf_filter=False,
        remove_unused_columns=False, dataloader_drop_last=False, save_only_model=not optimizer_state,
        disable_tqdm=True, use_cpu=not torch.cuda.is_available(), dataloader_pin_memory=torch.cuda.is_available(),
        average_tokens_across_devices=True, **_computed_again(again), **more,
    )  # fmt: skip
    return made


def _computed_again(again: bool) -> dict[str, Any]:
    """Arguments for gradient checkpointing, whose name transformers 5 has changed on its way. TRL turns it on by
    itself."""
    names = {field.name for field in fields(TrainingArguments)}
    name = "activation_checkpointing" if "activation_checkpointing" in names else "gradient_checkpointing"
    return {name: again, f"{name}_kwargs": {"use_reentrant": False} if again else None}


def not_a_number(error: NotANumber, checkpoints: Checkpoints, rows: str) -> UserError:
    """What is told of a loss that is no number."""
    last = checkpoints.last()
    kept = f"the last good checkpoint is {last}" if last else "there is no checkpoint before it"
    then = "and give another --out" if last else "and run again"
    if last:
        commands = "`train sft --head choice`" if (last / CHOICE).is_file() else "`train continue` or `train sft`"
        then += f"; `--base {last}` of {commands} goes on from those weights"
    return UserError(f"T{str(error)[1:]}; {kept}.", where=rows,
                     mend=f"lower optimizer.learning_rate or optimizer.clip, {then}")  # fmt: skip
