"""A model opened to be scored, whatever it is: a decoder, one in fewer bits, or one with a multiple-choice head.

Opened from its folder (`train/model_folder.py`, `train/convert/quantize.py`, `train/sft/choice.py`); used by
`eval/run/score_tasks.py`. A decoder tells how likely continuations are, through lm-evaluation-harness's model interface
(`eval/likelihood/prefix_model.py`); a choice head gives each option a score, which stands in the place of the
likelihood of a letter. An encoder without a head is measured on text alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from eval.likelihood.backend import NoMeter, opened_by
from eval.likelihood.meter import Meter
from eval.tasks.ask import Wording
from eval.tasks.ask import questions as ask
from eval.tasks.question import Question
from tokenizer.opened import Opened
from train.embeddings import refuse_short
from train.model_folder import CHOICE, ModelFolder, load_model, need_tokenizer, open_model
from train.own_code import refuse_unknown_kind, refused

BATCH = 16
TEXT_ALONE = "text alone"  # how an encoder without a head is scored
QUANTIZED = "train.convert.quantize"  # the module whose cards name a kind


class Scorer(NamedTuple):
    """A model that can be scored. `folder`: where it lies. `model`: transformers' or a `ChoiceModel`. `harness`: the
    harness's model, None for one that writes no text. `choice`: whether a choice head scores options. `meter`:
    what all that was done with it computed. `backend`: what runs it instead of transformers, in which case there is no
    `model`."""

    folder: ModelFolder
    model: Any
    opened: Opened
    tokenizer: Any
    harness: Any
    choice: bool
    batch: int
    meter: Meter | NoMeter
    backend: str = ""

    @property
    def longest(self) -> int:
        """Tokens of a context and its continuation, at most."""
        return int(self.harness.max_length if self.harness is not None else self.folder.positions or 512)

    @property
    def kind(self) -> str:
        """How it is scored, in words."""
        if self.choice:
            return "choice head"
        if self.backend:
            return f"likelihood by {self.backend}"
        return "likelihood" if self.harness is not None else TEXT_ALONE


def open_scorer(place: Path, batch: int = BATCH, backend: str = "", arguments: str = "") -> Scorer:
    """Open a model. `backend`, `arguments`: of `eval/likelihood/backend.py`. Raises `UserError` for a folder that holds
    none, one of a kind that transformers lacks, one without a tokenizer, or one whose tokenizer it cannot open."""
    import torch

    folder = open_model(place, adapters=True, gguf=True)
    refuse_unknown_kind(folder.config, (folder.base or folder).folder)
    opened = need_tokenizer(folder)
    if folder.rows:
        refuse_short(folder.rows, opened)
    tokenizer = tokenizer_of(place)
    if backend:
        told = f"{backend} {arguments}".strip()
        return Scorer(folder, None, opened, tokenizer, opened_by(backend, place, arguments, batch), False, batch,
                      NoMeter(), told)  # fmt: skip
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if (place / CHOICE).is_file():
        from train.sft.choice import load_choice

        head = load_choice(place).to(device).eval()
        return Scorer(folder, head, opened, tokenizer, None, True, batch, Meter(head))
    model = _loaded(folder).eval()
    if not getattr(model, "hf_quantizer", None):
        model.to(device)
    return Scorer(folder, model, opened, tokenizer, harness_of(model, tokenizer, batch), False, batch, Meter(model))


def _loaded(folder: ModelFolder) -> Any:
    kind = str(folder.card.recipe.get("kind", "")) if folder.card else ""
    if kind:
        from train.convert.quantize import KINDS, load_quantized

        if kind in KINDS:
            return load_quantized(folder.folder, kind)
    return load_model(folder)


def harness_of(model: Any, tokenizer: Any, batch: int) -> Any:
    """The harness's model; None of one that writes no text."""
    from train.bits import is_causal

    if not is_causal(model):
        return None
    from eval.likelihood.prefix_model import SharedPrefixLM

    # It warns that a model which is given, and not named, is taken as it is: that is what is wanted.
    logging.getLogger("lm_eval.models.huggingface").setLevel(logging.ERROR)
    return SharedPrefixLM(pretrained=model, tokenizer=tokenizer, batch_size=batch)


def tokenizer_of(place: Path) -> Any:
    """The tokenizer as transformers opens it. Raises `UserError`."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(place, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, json.JSONDecodeError) as error:
        if own := refused(error, place):
            raise own from None
        raise UserError("The model's tokenizer cannot be opened.", f"{place}: {str(error)[:300]}",
                        "put its tokenizer.json and tokenizer_config.json beside the weights") from None  # fmt: skip


class Likelihoods(NamedTuple):
    """Of one question: log likelihood and number of tokens of each continuation."""

    values: list[float]
    tokens: list[int]


def likelihoods(scorer: Scorer, questions: Sequence[Question]) -> list[Likelihoods]:
    """How likely each continuation of each question is, in nats. Raises `UserError` for contexts that are too long,
    naming their items: nothing of a question is cut."""
    pairs = [(one.context, end) for one in questions for end in one.continuations]
    encoded = [scorer.harness._encode_pair(*pair) for pair in pairs]
    _refuse_long(scorer, questions, [len(context) + len(end) for context, end in encoded])
    requests = [(pair, *ids) for pair, ids in zip(pairs, encoded, strict=True)]
    found = iter(scorer.harness._loglikelihood_tokens(requests, disable_tqdm=True))
    lengths = iter(len(end) for _, end in encoded)
    return [Likelihoods([next(found)[0] for _ in one.continuations], [next(lengths) for _ in one.continuations])
            for one in questions]  # fmt: skip


def too_long(scorer: Scorer, items: Sequence[ExamItem], wording: Wording, examples: Sequence[ExamItem]) -> list[str]:
    """Ids of the items that the model cannot read whole with their examples."""
    if scorer.choice:
        return choice_too_long(scorer, items)
    asked = list(ask(items, wording, examples))
    pairs = [(one.context, end) for one in asked for end in one.continuations]
    lengths = [len(context) + len(end) for context, end in (scorer.harness._encode_pair(*pair) for pair in pairs)]
    return [item for item, _ in _longer(scorer, asked, lengths)]


def _longer(scorer: Scorer, questions: Sequence[Question], lengths: Sequence[int]) -> list[tuple[str, int]]:
    at, long = 0, list[tuple[str, int]]()
    for one in questions:
        most = max(lengths[at : at + len(one.continuations)])
        at += len(one.continuations)
        if most > scorer.longest:
            long.append((one.item, most))
    return long


def _refuse_long(scorer: Scorer, questions: Sequence[Question], lengths: Sequence[int]) -> None:
    if long := _longer(scorer, questions, lengths):
        named = ", ".join(f"{item} ({tokens:,})" for item, tokens in long[:3])
        more = f" and {len(long) - 3:,} more" if len(long) > 3 else ""
        raise UserError(f"Questions with their examples are longer than the {scorer.longest:,} tokens that the model "
                        "reads, and none is cut.", f"{named}{more}",
                        "set fewer shots, or leave the items out with too_long = \"drop\"")  # fmt: skip


def option_scores(scorer: Scorer, items: Sequence[ExamItem]) -> list[Likelihoods]:
    """The scores that a choice head gives the options of each item, as log probabilities over them. Raises `UserError`
    for an item that is too long for the model."""
    import torch

    from train.sft.choice import collate

    made = _as_choices(scorer, items)
    if made.dropped:
        ids = next(iter(made.dropped.values()))
        raise UserError(f"{len(ids):,} items are longer than the {scorer.longest:,} tokens that the model reads, and "
                        "none is cut.", ", ".join(ids[:3]), 'leave the items out with too_long = "drop"')  # fmt: skip
    pad = scorer.tokenizer.pad_token_id
    batch = collate(made.examples, 0 if pad is None else pad)
    device = next(scorer.model.parameters()).device
    with torch.no_grad():
        logits = scorer.model(**{name: value.to(device) for name, value in batch.items() if name != "labels"}).logits
    return [Likelihoods(torch.log_softmax(row[: len(item.options)], 0).tolist(), [1] * len(item.options))
            for row, item in zip(logits, items, strict=True)]  # fmt: skip


def choice_too_long(scorer: Scorer, items: Sequence[ExamItem]) -> list[str]:
    """Ids of the items of which an option is too long for a choice head."""
    return [name for ids in _as_choices(scorer, items).dropped.values() for name in ids]


def _as_choices(scorer: Scorer, items: Sequence[ExamItem]) -> Any:
    """Items as the head reads them; which answer is right plays no part."""
    from train.sft.choice import choice_examples

    return choice_examples([item._replace(answers=item.answers[:1]) for item in items], scorer.tokenizer,
                           scorer.longest)  # fmt: skip
