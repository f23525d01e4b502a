"""A multiple-choice head: a model that gives each option of a question one score, in the way of BioMedLM's published
scores.

Comes from exam items and a base model, an encoder or a decoder; goes to `train sft --head choice` and to `eval`. Each
option is read with its question as a text of its own, and the softmax over the options of one question is learned
(Radford et al. 2018, "Improving language understanding by generative pre-training"; transformers'
`*ForMultipleChoice`). Where transformers has that head for an encoder it is used. A decoder gets one linear score on
the last token of each text, which alone has seen all of it: transformers' `*ForSequenceClassification` with one label,
as of reward models. What has neither gets a linear score of ours, on the first token of an encoder.

`load_choice` opens what `save_choice` wrote. `config.json` names the class of transformers that opens it too, and to
the same scores; where there is none, the class of the body, which is opened without the score.

A question has one right option here: items with several are dropped and counted, as are those that are too long.
"""

from __future__ import annotations

import copy
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from train.data.special_ids import IGNORED
from train.finite import refuse_broken
from train.model_folder import CHOICE
from train.own_code import refused

Kind = Literal["own", "first", "last"]
WEIGHTS = "model.safetensors"
SEVERAL, TOO_LONG = "with several right answers", "too long"
NO_OPTION = -1e4  # the score of a place without an option: finite in half precision


class ChoiceExample(NamedTuple):
    """A question. `options`: the ids of each text, question and option. `types`: which of the two a token is of, empty
    where the tokenizer does not say. `label`: the index of the right option."""

    options: list[list[int]]
    types: list[list[int]]
    label: int


class ChoiceExamples(NamedTuple):
    """`ids`: of the items. `dropped`: the ids left out, by cause."""

    ids: list[str]
    examples: list[ChoiceExample]
    dropped: dict[str, list[str]]


def choice_examples(items: Sequence[ExamItem], tokenizer: Any, max_tokens: int, longer: str = "") -> ChoiceExamples:
    """Exam items as the head reads them: nothing is cut. `longer`: what lets an option be longer, where that is not
    `max_tokens`. Raises `UserError` when none is left."""
    made = ChoiceExamples([], [], {})
    for item in items:
        example = _example(item, tokenizer) if len(item.answers) == 1 else None
        cause = SEVERAL if example is None else ""
        if example is not None and max(map(len, example.options)) > max_tokens:
            cause = TOO_LONG
        if cause or example is None:
            made.dropped.setdefault(cause, []).append(item.id)
        else:
            made.ids.append(item.id)
            made.examples.append(example)
    if not made.ids:
        causes = ", ".join(f"{len(ids):,} {cause}" for cause, ids in made.dropped.items()) or "there was none"
        longer = longer or f"raise max_tokens, which is {max_tokens:,}"
        mend = f"{longer}, or give other files" if TOO_LONG in made.dropped else "give other files"
        raise UserError(f"No example is left to train on: {causes}.", mend=mend)
    return made


def _example(item: ExamItem, tokenizer: Any) -> ChoiceExample:
    """An encoder reads the question and the option as a pair, a decoder one behind the other and the end of a text."""
    question = f"{item.context}\n{item.question}" if item.context else item.question
    if tokenizer.cls_token_id is not None:
        read = tokenizer([question] * len(item.options), list(item.options), verbose=False)
        return ChoiceExample(read["input_ids"], read.get("token_type_ids", []), item.answers[0])
    texts = [f"{question}\n{option}" for option in item.options]
    ids = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    begin, end = ([] if one is None else [one] for one in (tokenizer.bos_token_id, tokenizer.eos_token_id))
    return ChoiceExample([[*begin, *one, *end] for one in ids], [], item.answers[0])


def collate(batch: Sequence[ChoiceExample], pad: int) -> dict[str, Tensor]:
    """A batch as tensors: `input_ids`, `attention_mask` and, where there are any, `token_type_ids` int64 of the shape
    (questions, most options, longest text), filled up at the ends; `options` int64 (questions): how many each has;
    `labels` int64 (questions)."""
    wide, long = max(len(one.options) for one in batch), max(len(ids) for one in batch for ids in one.options)
    shape = (len(batch), wide, long)
    # An option that does not exist is one padding token that is seen: a row that sees nothing has no number.
    ids, seen, types = (
        torch.full(shape, pad),
        torch.zeros(shape, dtype=torch.int64),
        torch.zeros(shape, dtype=torch.int64),
    )
    seen[..., 0] = 1
    for row, one in enumerate(batch):
        for column, option in enumerate(one.options):
            ids[row, column, : len(option)] = torch.tensor(option)
            seen[row, column, : len(option)] = 1
            if one.types:
                types[row, column, : len(option)] = torch.tensor(one.types[column])
    made = {"input_ids": ids, "attention_mask": seen, "options": torch.tensor([len(one.options) for one in batch]),
            "labels": torch.tensor([one.label for one in batch])}  # fmt: skip
    return {**made, "token_type_ids": types} if batch[0].types else made


class ChoiceOutput(NamedTuple):
    """`loss`: the mean over questions, a scalar, None without labels. `logits`: (questions, options), `NO_OPTION` where
    a question has fewer."""

    loss: Tensor | None
    logits: Tensor


class ChoiceModel(nn.Module):
    """A body and a score. `kind`: "own" is transformers' head for the architecture (`body` holds it), "first" and
    "last" are a linear score on that token of each text, which the body holds where transformers has it there."""

    accepts_loss_kwargs = True  # asked by Trainer: the loss is shared out over the questions of a step

    def __init__(self, body: Any, kind: Kind) -> None:
        super().__init__()
        self.body, self.kind = body, kind
        self.config = body.config
        self._no_split_modules = body._no_split_modules  # asked by FSDP2: what is gathered at once
        # Some tokenizers say which of two texts a token is of, and some bodies have no place for that.
        names = inspect.signature(body.forward).parameters
        self._has_types = "token_type_ids" in names and getattr(body.config, "type_vocab_size", 2) > 1
        self.score: nn.Linear | None = None
        if kind != "own" and not _scores(body):
            size, spread = body.config.hidden_size, getattr(body.config, "initializer_range", 0.02)
            self.score = nn.Linear(size, 1, bias=False, dtype=body.dtype)
            nn.init.normal_(self.score.weight, std=spread)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, options: Tensor, labels: Tensor | None = None,
        token_type_ids: Tensor | None = None, num_items_in_batch: Tensor | None = None,
    ) -> ChoiceOutput:  # fmt: skip
        """Scores of a batch of `collate`; what is filled up changes none of them. `num_items_in_batch`: over how many
        questions the mean of the loss is taken; of this batch where it is not given."""
        questions, wide, _ = input_ids.shape
        flat: dict[str, Tensor] = {"input_ids": input_ids.flatten(0, 1), "attention_mask": attention_mask.flatten(0, 1)}
        if token_type_ids is not None and self._has_types:
            flat["token_type_ids"] = token_type_ids.flatten(0, 1)
        logits = self._scored(flat).reshape(questions, wide).float()
        missing = torch.arange(wide, device=logits.device) >= options[:, None]
        logits = logits.masked_fill(missing, NO_OPTION)
        if labels is None:
            return ChoiceOutput(None, logits)
        count = (labels != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        return ChoiceOutput(nn.functional.cross_entropy(logits, labels, reduction="sum") / count, logits)

    def activation_checkpointing_enable(self, *told: Any, **named: Any) -> None:
        """Asked by Trainer: the body's."""
        self.body.activation_checkpointing_enable(*told, **named)

    def gradient_checkpointing_enable(self, *told: Any, **named: Any) -> None:
        """The same by the name that it had before."""
        self.body.gradient_checkpointing_enable(*told, **named)

    def _scored(self, flat: dict[str, Tensor]) -> Tensor:
        if self.kind == "own":
            scores: Tensor = self.body(**{name: value[None] for name, value in flat.items()}).logits
            return scores
        more = {"use_cache": False} if self.kind == "last" else {}
        states = self.body.base_model(**flat, **more).last_hidden_state
        # By the mask, and not by the padding, as transformers does: a text may end with the id that fills up.
        last = flat["attention_mask"].sum(1) - 1 if self.kind == "last" else torch.zeros_like(flat["input_ids"][:, 0])
        pooled = states[torch.arange(len(states), device=states.device), last]
        scored: Tensor = (self.body.score if self.score is None else self.score)(pooled)
        return scored

    def take(self, tensors: dict[str, Tensor]) -> None:
        """Put in weights of `tensors`. Raises `RuntimeError` when they are not those of this model."""
        ours = {"score.weight"} if self.score is not None else set[str]()
        inside = {name if name in ours else f"body.{name}": value for name, value in tensors.items()}
        self.load_state_dict(inside, strict=True)


def choice_model(folder: Path, seed: int, **more: Any) -> ChoiceModel:
    """A choice model on the base model in a folder; the new score follows from `seed`. A base that is a choice model
    already brings its own. `more`: for `from_pretrained`, such as `dtype`. Weights come from safetensors alone. Raises
    `UserError` when there are none, or some that are no numbers."""
    from transformers import AutoConfig

    if (folder / CHOICE).is_file():
        return load_choice(folder, **more)
    config = _opened(AutoConfig, folder)
    kind = _kind(config)

    def opened(auto: Any, **told: Any) -> Any:
        return _opened(auto, folder, use_safetensors=True, **told, **more)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ChoiceModel(_body(config, kind, opened), kind)
    refuse_broken(model, folder)
    return model


def _kind(config: Any) -> Kind:
    import transformers

    told: Any = transformers
    decodes = getattr(config, "is_decoder", False)
    if type(config) in told.MODEL_FOR_MULTIPLE_CHOICE_MAPPING and not decodes:
        return "own"
    masked = type(config) in told.MODEL_FOR_MASKED_LM_MAPPING
    return "last" if decodes or (type(config) in told.MODEL_FOR_CAUSAL_LM_MAPPING and not masked) else "first"


def _body(config: Any, kind: Kind, opened: Callable[..., Any]) -> Any:
    """The body of a kind, as `opened` opens it when given a class of transformers, and what to open it with."""
    import transformers

    told: Any = transformers
    if kind == "own":
        return opened(told.AutoModelForMultipleChoice)
    if kind == "last" and type(config) in told.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING:
        body = opened(told.AutoModelForSequenceClassification, num_labels=1)
        if _scores(body):
            return body
    return opened(told.AutoModel)


def _scores(body: Any) -> bool:
    """Whether a body brings a linear score of each token."""
    score = getattr(body, "score", None)
    return isinstance(score, nn.Linear) and score.out_features == 1 and score.bias is None


def _opened(kind: Any, folder: Path, **more: Any) -> Any:
    try:
        return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **more)
    except (OSError, ValueError) as error:
        if own := refused(error, folder):
            raise own from None
        raise UserError("The model cannot be opened.", f"{folder}: {error}",
                        "give a folder with config.json and safetensors weights") from None  # fmt: skip


def named(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a `ChoiceModel`, by the names that they have in the class which config.json names."""
    return {name.removeprefix("body."): value for name, value in state.items()}


def padded_with(model: ChoiceModel, pad: int | None, end: int) -> None:
    """Say in the config what fills texts up. transformers' own head on the last token finds that token by it, and
    would take the one before where a text ends with what fills up: then none is named, and it refuses batches."""
    model.config.pad_token_id = None if pad == end else pad


def save_choice(model: ChoiceModel, folder: Path, whole: Mapping[str, Tensor] | None = None) -> None:
    """Write a choice model into a folder: `config.json`, `choice.json`, `model.safetensors`, each complete or absent,
    the weights last. `whole`: its weights, where the model holds parts of them."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = copy.deepcopy(model.config)
    config.architectures = [type(model.body).__name__]
    config.save_pretrained(folder)
    _put(folder / CHOICE, lambda path: path.write_text(json.dumps({"kind": model.kind}) + "\n", "utf-8"))
    state = {name: value.contiguous() for name, value in named(whole or model.state_dict()).items()}
    _put(folder / WEIGHTS, lambda path: save_file(state, path, metadata={"format": "pt"}))


def _put(path: Path, write: Any) -> None:
    making = path.with_name(f".{path.name}.making")
    write(making)
    os.replace(making, path)


def load_choice(folder: Path, dtype: str = "") -> ChoiceModel:
    """The choice model that `save_choice` wrote, in the precision of its file or in `dtype`. Raises `UserError` when
    the folder holds none, or other weights, or some that are no numbers."""
    from transformers import AutoConfig

    try:
        kind: Kind = json.loads((folder / CHOICE).read_text("utf-8"))["kind"]
        state = weights(folder)
    except (OSError, ValueError, KeyError) as error:
        raise UserError("The folder holds no whole choice model.", f"{folder}: {error}",
                        "`train sft --head choice` makes one") from None  # fmt: skip
    config = _opened(AutoConfig, folder)
    model = ChoiceModel(_body(config, kind, lambda auto, **_: auto.from_config(config)), kind)  # config has its labels
    try:
        model.take(state)
    except RuntimeError as error:
        raise UserError("The weights are not those of the model.", f"{folder}: {error}", "take another copy") from None
    refuse_broken(model, folder)
    return model.to(getattr(torch, dtype) if dtype else next(iter(state.values())).dtype).eval()


def weights(folder: Path) -> dict[str, Tensor]:
    """The tensors that `save_choice` wrote. Raises `OSError` and `ValueError`."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(folder / WEIGHTS))
    except SafetensorError as error:
        raise ValueError(str(error)) from None
