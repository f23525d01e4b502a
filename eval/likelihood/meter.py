"""How much a model is made to compute, counted where it computes: in its token table, its body and its output matrix.

Put on a model by `eval/likelihood/scorer.py`, whatever is then done with it (`eval/likelihood/prefix_model.py`, the
harness's own loop, `train/bits.py`, transformers' `generate`); read by `eval/run/cost.py`, which turns counts into
operations. What is filled up is computed and so is counted.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Work(NamedTuple):
    """`tokens`: that went through the layers. `seen`: summed over these, how many tokens stood in the row of each, the
    cached ones with them. `predicted`: tokens that went through the output matrix."""

    tokens: int = 0
    seen: int = 0
    predicted: int = 0

    def plus(self, other: Work) -> Work:
        """Both together."""
        return Work(*(one + more for one, more in zip(self, other, strict=True)))

    def less(self, other: Work) -> Work:
        """What was done since."""
        return Work(*(one - before for one, before in zip(self, other, strict=True)))


class Meter:
    """Counts what goes through a transformers model, one of PEFT, or a `ChoiceModel`."""

    def __init__(self, model: Any) -> None:
        self.work = Work()
        inner = inside(model)
        inner.base_model.register_forward_pre_hook(self._read, with_kwargs=True)
        output = inner.get_output_embeddings() if hasattr(inner, "get_output_embeddings") else None
        if output is not None:
            output.register_forward_pre_hook(self._predicted)

    def _read(self, _body: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        ids = named.get("input_ids", arguments[0] if arguments else None)
        # Rows and their width: of ids, or of the vectors that stand in their place.
        rows, wide = ids.shape[:2] if ids is not None else named["inputs_embeds"].shape[:2]
        cache = named.get("past_key_values")
        before = cache.get_seq_length() if cache is not None else 0
        self.work = self.work.plus(Work(rows * wide, rows * wide * (before + wide)))

    def _predicted(self, _output: Any, arguments: tuple[Any, ...]) -> None:
        hidden = arguments[0]
        self.work = self.work.plus(Work(predicted=hidden.numel() // hidden.shape[-1]))


def inside(model: Any) -> Any:
    """The transformers model within what PEFT or `train/sft/choice.py` puts around it."""
    if hasattr(model, "get_base_model"):
        return model.get_base_model()
    return model if hasattr(model, "base_model") else model.body
