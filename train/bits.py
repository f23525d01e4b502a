"""Loss on held-out text in bits per byte, which models of different tokenizers share.

Takes a model, its tokenizer and texts; used by `train/compare_rows.py` and `train/convert/quantize.py`, right before
and after something is done to a model. Texts are cut into chunks of so many bytes before they are encoded, so that two
tokenizers predict the same bytes from the same context; a chunk is never cut by ids. The shorter the chunks, the less
context a byte has and the more bits it takes, and they are shorter where a model has few positions: one model took
3.6376 bits per byte in chunks of 1,024 bytes and 3.6969 in chunks of 120. `chunk_of` tells how long they are.
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
SPARE = 8  # positions that are left free of text: special ids, and bytes whose ids are more than they are
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


class Row(NamedTuple):
    """A chunk to be measured: its ids and bytes, and the number of its text."""

    ids: list[int]
    bytes: int
    text: int


def bits_per_byte(model: Any, opened: Opened, texts: Sequence[str], chunk: int = CHUNK) -> Bits:
    """The loss of a decoder, or the pseudo-loss of a masked language model (Salazar et al. 2020, ACL,
    doi 10.18653/v1/2020.acl-main.240, with each seventh id masked instead of one), on texts.

    A decoder starts each chunk from the id that begins a document in training; a model that has none does not score the
    first id of a chunk, and its bytes are not counted. `chunk`: bytes of context, fewer where the model has fewer
    positions. Raises `UserError` when there is no text, or no mask token for a masked model.
    """
    return summed(bits_of_each(model, opened, texts, chunk))


def bits_of_each(model: Any, opened: Opened, texts: Sequence[str], chunk: int = CHUNK) -> list[Bits]:
    """The same of each text by itself, in their order. Raises as `bits_per_byte` does."""
    import torch

    size = chunk_of(model, chunk)
    parts = [(part, number) for number, text in enumerate(texts) for part in chunks(text, size)]
    if not parts:
        raise UserError("There is no held-out text to measure the loss on.", mend="give a corpus with held-out text")
    measure = _decoder if is_causal(model) else _masked
    found: list[list[Bits]] = [[] for _ in texts]
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for rows in _batches(opened, [part for part, _ in parts], [number for _, number in parts]):
                for row, bits in zip(rows, measure(model, opened, rows), strict=True):
                    found[row.text].append(bits)
    finally:
        model.train(was_training)
    return [summed(some) for some in found]


def chunk_of(model: Any, chunk: int = CHUNK) -> int:
    """Bytes of text that a model reads in one context: `chunk`, fewer where it has fewer positions. Raises `UserError`
    where it has too few for any."""
    positions = getattr(model.config, "max_position_embeddings", None) or getattr(model.config, "n_positions", None)
    if positions and positions <= SPARE:
        raise UserError(f"The model reads {positions} ids at once, too few to measure text.",
                        mend=f"give a model of more than {SPARE} positions")  # fmt: skip
    return min(chunk, positions - SPARE) if positions else chunk


def summed(some: Sequence[Bits]) -> Bits:
    """Several together."""
    return Bits(math.fsum(one.nats for one in some), sum(one.bytes for one in some), sum(one.tokens for one in some))


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


def _batches(opened: Opened, parts: Sequence[str], of: Sequence[int]) -> Iterator[list[Row]]:
    """Rows of chunks, those of like length together. `of`: the number of each chunk's text."""
    sizes = [len(part.encode()) for part in parts]
    rows = sorted(map(Row, opened.encode(parts), sizes, of), key=lambda row: len(row.ids))
    batch: list[Row] = []
    for row in rows:
        if batch and (len(batch) + 1) * len(row.ids) > ROOM:
            yield batch
            batch = []
        if row.ids:
            batch.append(row)
    if batch:
        yield batch


def _decoder(model: Any, opened: Opened, rows: Sequence[Row]) -> list[Bits]:
    start = _start(model, opened)
    before = [start] if start is not None else []
    ids, scored = _padded([before + row.ids for row in rows], model.device)
    logits = model(input_ids=ids, use_cache=False).logits[:, :-1]  # padding stands behind, and is seen by nothing
    losses = _losses(logits, ids[:, 1:], scored[:, 1:])
    unscored = [0 if before else len(opened.decode(row.ids[:1]).encode()) for row in rows]
    return [Bits(nats, row.bytes - less, len(before) + len(row.ids) - 1)
            for nats, row, less in zip(losses, rows, unscored, strict=True)]  # fmt: skip


def _masked(model: Any, opened: Opened, rows: Sequence[Row]) -> list[Bits]:
    import torch

    mask, *around = (_of_bert(opened, role) for role in ("mask", "cls", "sep"))
    if mask is None:
        raise UserError("The tokenizer of a masked language model has no mask token.", str(opened.folder),
                        "give the tokenizer that the model was trained with")  # fmt: skip
    before, after = ([] if one is None else [one] for one in around)
    ids, there = _padded([[*before, *row.ids, *after] for row in rows], model.device)
    text = there.clone()
    text[:, : len(before)] = False
    for place, number in zip(text, there.sum(1).tolist(), strict=True):
        place[number - len(after) : number] = False
    turns = []
    for turn in range(EVERY):
        masked = text & (torch.arange(ids.shape[1], device=ids.device) % EVERY == turn)
        logits = model(input_ids=ids.masked_fill(masked, mask), attention_mask=there.long()).logits
        turns.append(_losses(logits, ids, masked))
    return [Bits(math.fsum(losses), row.bytes, len(row.ids)) for row, losses in zip(rows, zip(*turns, strict=True),
                                                                                      strict=True)]  # fmt: skip


def _losses(logits: Tensor, labels: Tensor, scored: Tensor) -> list[float]:
    """The loss of the labels that count, summed in each row, in nats. Shapes as in `summed_loss`."""
    import torch

    each = torch.nn.functional.cross_entropy(logits[scored].float(), labels[scored], reduction="none")
    rows = scored.nonzero()[:, 0]
    sums: list[float] = torch.zeros(len(labels), dtype=torch.float64, device=each.device).index_add_(
        0, rows, each.double()).tolist()  # fmt: skip
    return sums


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
