"""Modes of files as the user's umask says, whichever library wrote them: safetensors makes its own for the owner
alone, and a model on a shared disk could then be read by nobody else.

Called on folders that are about to be put in their place: by `train/checkpoint.py`, `train/run_folder.py` and
`train/model_folder.py`.
"""

from __future__ import annotations

import os
from pathlib import Path


def by_umask(folder: Path) -> None:
    """Give every file below a folder the mode of a new file."""
    mask = os.umask(0o077)  # it cannot be asked for without being set
    os.umask(mask)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o666 & ~mask)
