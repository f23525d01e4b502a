"""The ids with a part to play in rows: what begins and what ends a document, what frames it, what stands for nothing;
and the label of what is not learned.

Read from a tokenizer's own config (`tokenizer/opened.py`); goes to `train/data/rows.py` and, by `train/models.py`, into
the config of a model from scratch.
"""

from __future__ import annotations

from typing import NamedTuple

from corpus.errors import UserError
from tokenizer.opened import Opened

IGNORED = -100  # the label of a token that is not learned (torch.nn.CrossEntropyLoss, `ignore_index`)


class SpecialIds(NamedTuple):
    """Ids by role; None where the tokenizer has none."""

    pad: int | None = None
    bos: int | None = None
    eos: int | None = None
    cls: int | None = None
    sep: int | None = None
    mask: int | None = None

    @property
    def begin(self) -> int:
        """What begins a document: begin of text, or for want of it what ends one (GPT-2's <|endoftext|>)."""
        return self.bos if self.bos is not None else self.end

    @property
    def end(self) -> int:
        """What ends a document: end of text, or for want of it what separates two."""
        found = self.eos if self.eos is not None else self.sep
        assert found is not None
        return found

    @property
    def filler(self) -> int:
        """What stands where no token does; never looked at."""
        return self.pad if self.pad is not None else self.end


def special_ids(opened: Opened, masked: bool = False) -> SpecialIds:
    """The ids of a tokenizer. Raises `UserError` when it lacks one that training needs: an end of text, or, for
    masked language modelling (`masked`), the frame and the mask."""
    found = {role: special_id(opened, role) for role in SpecialIds._fields}
    ids = SpecialIds(**found)
    needed = ("cls", "sep", "mask") if masked else ()
    missing = [role for role in needed if found[role] is None]
    if not masked and ids.eos is None and ids.sep is None:
        missing = ["eos"]
    if missing:
        raise UserError(
            f"The tokenizer has no {missing[0]}_token, which {'a masked model' if masked else 'training'} needs.",
            where=opened.name,
            mend=f"name one in its tokenizer_config.json, or fit one {'with algorithm = wordpiece' if masked else ''}"
            .rstrip(),
        )  # fmt: skip
    return ids


def special_id(opened: Opened, role: str) -> int | None:
    """The id that a tokenizer's config names for a role (a field of `SpecialIds`); None where it names none."""
    told = opened.config.get(f"{role}_token")
    name = told.get("content") if isinstance(told, dict) else told
    return opened.backend.token_to_id(name) if isinstance(name, str) else None
