"""Whether this machine has the device that a recipe wants: asked before anything is read or encoded.

Called by `train/run.py` and `train/sft/run.py`. Without a GPU torch would train on the CPU, a hundred times slower and
without a word, where a driver is broken or a job was put on the wrong node.
"""

from __future__ import annotations

from pathlib import Path

from corpus.errors import UserError


def refuse_without(device: str, recipe: Path) -> None:
    """Raises `UserError` when a recipe wants CUDA, and torch sees no GPU."""
    import torch

    if device != "cuda" or torch.cuda.is_available():
        return
    built = torch.version.cuda
    cause = f"it was built for CUDA {built}, and finds no driver or no device" if built else "it was built without CUDA"
    mend = "run `nvidia-smi` to see what the driver sees" if built else "install a torch that was built for CUDA"
    raise UserError(f"The recipe wants a GPU, and torch {torch.__version__} sees none: {cause}.",
                    where=f'{recipe}: device = "cuda"',
                    mend=f'{mend}; or train on what there is: --set device=any')  # fmt: skip
