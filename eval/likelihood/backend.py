"""A model run by another library than transformers, through lm-evaluation-harness's own classes: vLLM, SGLang and
whatever else it knows by a name.

Opened by `eval/likelihood/scorer.py` for `evaluate run --backend`. Such a backend is handed the model's folder and the
same requests as ours, and tells likelihoods; what takes the model itself, bits per byte of documents and answers in
writing, is left out and told.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from corpus.controls import visible
from corpus.errors import UserError
from eval.likelihood.meter import Work
from train.own_code import refused

FORBIDDEN = ("pretrained", "tokenizer", "trust_remote_code", "batch_size")  # said by other options, or never


class NoMeter:
    """Of what a backend computes nothing is known."""

    work = Work()


def opened_by(name: str, place: Path, arguments: str, batch: int) -> Any:
    """The harness's model of that name on a folder. `arguments`: `key=value,key=value`, as the harness takes them.
    Raises `UserError` for a name that it has not, one that takes no token ids, arguments that are not to be set, and
    for whatever the backend says when it cannot begin."""
    import torch
    from lm_eval.api.model import TemplateLM
    from lm_eval.api.registry import get_model
    from lm_eval.utils import simple_parse_args_string

    told = dict(simple_parse_args_string(arguments))
    if wrong := [key for key in FORBIDDEN if key in told]:
        raise UserError(f"{wrong[0]} cannot be set for a backend.", "--backend-args",
                        "take it out: the model is the folder, and no code of its own is run")  # fmt: skip
    try:
        kind: Any = get_model(name)
    except (ValueError, KeyError, ImportError) as error:
        what = f"lm-evaluation-harness has no backend {name!r} here."
        raise UserError(what, f"--backend: {visible(str(error))[:300]}",
                        "name one of its models (hf, vllm, sglang), and install what it needs") from None  # fmt: skip
    if not issubclass(kind, TemplateLM):
        what = f"The backend {name!r} takes no token ids, by which contexts are known to be whole."
        raise UserError(what, "--backend", "name one that runs models here, such as hf, vllm or sglang")
    if "device" in inspect.signature(kind).parameters and not torch.cuda.is_available():
        told.setdefault("device", "cpu")
    try:
        return kind(pretrained=str(place), tokenizer=str(place), batch_size=batch, **told)
    except Exception as error:  # each library's own
        if own := refused(error, place):
            raise own from None
        raise UserError(f"The backend {name!r} could not begin.", f"{place}: {visible(str(error))[:500]}",
                        "install what it needs, or leave --backend out") from None  # fmt: skip
