"""Loss on held-out text in bits per byte, which models of different tokenizers share.

Takes a model, its tokenizer and texts; used by `train/compare_rows.py` and `train/convert/quantize.py`, right before
and after something is done to a model. Texts are cut into chunks of so many bytes before they are encoded, so that two
tokenizers predict the same bytes from the same context; a chunk is never cut by ids.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.errors import UserError
from tokenizer.opened import Opened
from train.data.special_ids import special_id

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 1024  # bytes of text in one context
ROOM = 16_384  # logits are held for at most so many ids at once, and one chunk at least
EVERY = 7  # a masked language model sees all ids but each seventh, in turn: 14 % are masked, as in its training


class Bits(NamedTuple):
    """`nats`: the loss summed over all ids. `bytes`: of the text that they stand for."""

    nats: float
    bytes: int
    tokens: int

    @property
    def per_byte(self) -> float:
        """Bits per byte of UTF-8."""
        return self.nats / math.log(2) / max(self.bytes, 1)

    @property
    def per_token(self) -> float:
        """Nats per id: the loss that trainers print."""
        return self.nats / max(self.tokens, 1)


def bits_per_byte(model: Any, opened: Opened, texts: Sequence[str], chunk: int = CHUNK) -> Bits:
    """The loss of a decoder, or the pseudo-loss of a masked language model (Salazar et al. 2020, ACL,
    doi 10.18653/v1/2020.acl-main.240, with each seventh id masked instead of one), on texts.

    A decoder starts each chunk from the id that begins a document in training; a model that has none does not score the
    first id of a chunk, and its bytes are not counted. `chunk`: bytes of context, fewer where the model has fewer
    positions. Raises `UserError` when there is no text, or no mask token for a masked model.
    """
    import torch

    positions = getattr(model.config, "max_position_embeddings", None) or getattr(model.config, "n_positions", None)
    parts = [part for text in texts for part in chunks(text, min(chunk, (positions or chunk + 8) - 8))]
    if not parts:
        raise UserError("There is no held-out text to measure the loss on.", mend="give a corpus with held-out text")
    was_training, causal = model.training, is_causal(model)
    model.eval()
    try:
        with torch.no_grad():
            found = [_decoder(model, opened, some) if causal else _masked(model, opened, some)
                     for some in _batches(opened, parts)]  # fmt: skip
    finally:
        model.train(was_training)
    return Bits(math.fsum(one.nats for one in found), sum(one.bytes for one in found), sum(one.tokens for one in found))


def is_causal(model: Any) -> bool:
    """Whether a model predicts the next id, and not a masked one."""
    inside = model.get_base_model() if hasattr(model, "get_base_model") else model  # PEFT wraps a model in its own
    return type(inside).__name__.endswith(("CausalLM", "LMHeadModel"))


def chunks(text: str, size: int) -> Iterator[str]:
    """A text in parts of at most `size` bytes of UTF-8, cut between characters."""
    raw = text.encode()
    start = 0
    while start < len(raw):
        end = min(start + size, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80 and end > start + 1:
            end -= 1
        yield raw[start:end].decode(errors="ignore")
        start = end


def _batches(opened: Opened, parts: Sequence[str]) -> Iterator[list[tuple[list[int], int]]]:
    """Ids and bytes of chunks, those of like length together."""
    rows = sorted(
        zip(opened.encode(parts), [len(part.encode()) for part in parts], strict=True), key=lambda r: len(r[0])
    )
    batch: list[tuple[list[int], int]] = []
    for row in rows:
        if batch and (len(batch) + 1) * len(row[0]) > ROOM:
            yield batch
            batch = []
        if row[0]:
            batch.append(row)
    if batch:
        yield batch


def _decoder(model: Any, opened: Opened, rows: Sequence[tuple[list[int], int]]) -> Bits:
    start = _start(model, opened)
    unscored = 0 if start is not None else sum(len(opened.decode(ids[:1]).encode()) for ids, _ in rows)
    ids, scored = _padded([([start] if start is not None else []) + row for row, _ in rows], model.device)
    logits = model(input_ids=ids, use_cache=False).logits[:, :-1]  # padding stands behind, and is seen by nothing
    return Bits(summed_loss(logits, ids[:, 1:], scored[:, 1:]), sum(size for _, size in rows) - unscored,
                int(scored[:, 1:].sum()))  # fmt: skip


def _masked(model: Any, opened: Opened, rows: Sequence[tuple[list[int], int]]) -> Bits:
    import torch

    mask, *around = (_of_bert(opened, role) for role in ("mask", "cls", "sep"))
    if mask is None:
        raise UserError("The tokenizer of a masked language model has no mask token.", str(opened.folder),
                        "give the tokenizer that the model was trained with")  # fmt: skip
    before, after = ([] if one is None else [one] for one in around)
    ids, there = _padded([[*before, *row, *after] for row, _ in rows], model.device)
    text = there.clone()
    text[:, : len(before)] = False
    for row, number in zip(text, there.sum(1).tolist(), strict=True):
        row[number - len(after) : number] = False
    nats = 0.0
    for turn in range(EVERY):
        masked = text & (torch.arange(ids.shape[1], device=ids.device) % EVERY == turn)
        logits = model(input_ids=ids.masked_fill(masked, mask), attention_mask=there.long()).logits
        nats += summed_loss(logits, ids, masked)
    return Bits(nats, sum(size for _, size in rows), int(text.sum()))


def summed_loss(logits: Tensor, labels: Tensor, scored: Tensor) -> float:
    """The loss of the labels that count, summed, in nats. `logits`: (rows, tokens, ids); `labels`, `scored`: (rows,
    tokens), the label of each place and whether it counts."""
    import torch

    return float(torch.nn.functional.cross_entropy(logits[scored].float(), labels[scored], reduction="sum"))


def _padded(rows: Sequence[list[int]], device: Any) -> tuple[Tensor, Tensor]:
    """Ids padded behind with 0, and where there are any."""
    import torch

    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    there = torch.zeros_like(ids, dtype=torch.bool)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        there[place, : len(row)] = True
    return ids.to(device), there.to(device)


def _start(model: Any, opened: Opened) -> int | None:
    """What begins a document in training (`SpecialIds.begin`), by the tokenizer; where it names none, by the model."""
    rows = model.get_input_embeddings().weight
    rows = getattr(rows, "ds_shape", rows.shape)[0]  # under ZeRO-3 the matrix itself lies in parts and seems empty
    told = [getattr(model.config, name, None) for name in ("bos_token_id", "eos_token_id")]
    named = [special_id(opened, role) for role in ("bos", "eos", "sep")]
    for number in [*named, *(one[0] if isinstance(one, list) and one else one for one in told)]:
        if isinstance(number, int) and 0 <= number < rows:
            return number
    return None


def _of_bert(opened: Opened, role: str) -> int | None:
    """A special id; where the config names none, by BERT's name, as transformers' own class for it has it."""
    told = special_id(opened, role)
    number: int | None = opened.backend.token_to_id(f"[{role.upper()}]") if told is None else told
    return number
