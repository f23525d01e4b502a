"""Code that comes with a model is never run: a folder that needs it is refused, in words of this house.

Asked by whatever opens a model or its tokenizer with transformers (`train/model_folder.py`, `train/sft/choice.py`,
`train/sft/prepare.py`, `eval/likelihood/scorer.py`, `eval/likelihood/backend.py`). transformers advises to pass
`trust_remote_code=True`, which nothing here takes; and a class of its own reads a `config.json` of any other kind of
model without a word, so that a kind which it lacks would be scored as what it is not.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.controls import visible
from corpus.errors import UserError
from tokenizer.opened import TOKENIZER_CONFIG

CONFIG, OWN = "config.json", "auto_map"
NEVER = "code of a model's folder is never run"
ADVICE = "trust_remote_code"  # by which the errors of transformers are known that speak of such code
ASIDE = "where its code may run, in a place of its own"


def refuse_unknown_kind(config: Mapping[str, Any], folder: Path) -> None:
    """Raises `UserError` for a `model_type` that transformers lacks. `auto_map` is not followed."""
    from transformers import CONFIG_MAPPING

    kind = str(config.get("model_type"))
    if kind in CONFIG_MAPPING:
        return
    close = difflib.get_close_matches(kind, list(CONFIG_MAPPING.keys()), n=1)
    asked = f"did you mean {close[0]!r}? else " if close else ""
    own = f", and {NEVER} ({OWN})" if OWN in config else ""
    raise UserError(f"transformers has no kind of model {visible(kind)[:80]!r}{own}.", f"{folder / CONFIG}: model_type",
                    f"{asked}give a model of a kind that transformers has, or convert this one to such a kind {ASIDE}"
                    )  # fmt: skip


def refused(error: BaseException, folder: Path) -> UserError | None:
    """What transformers says of code in a folder, in our words; None for every other error."""
    if ADVICE not in str(error):
        return None
    files = [name for name in (TOKENIZER_CONFIG, CONFIG) if _names_code(folder / name)]
    where = ", ".join(f"{folder / name}: {OWN}" for name in files) or str(folder)
    convert = f"or convert it {ASIDE}: load it there, and write it with `save_pretrained` as a class of transformers"
    if files == [TOKENIZER_CONFIG]:
        mend = (
            f"where tokenizer.json is the whole tokenizer, remove {OWN} and tokenizer_class from that file; {convert}"
        )
        return UserError(f"The tokenizer asks for code of its own, and {NEVER}.", where, mend)
    return UserError(f"The model asks for code of its own, and {NEVER}.", where,
                     f"remove {OWN} where transformers has its class; {convert}")  # fmt: skip


def _names_code(file: Path) -> bool:
    return file.is_file() and f'"{OWN}"'.encode() in file.read_bytes()
