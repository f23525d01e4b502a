"""Files of the last build that are what this one would write: they are taken over and not written again.

Most thresholds touch few documents, and most files of an output hold none of them. `corpus/build.py` tells for each
file the key of all that its content depends on; the keys of the build that stands lie in its `run.json`. A file is
taken over when its key is the same and its bytes are still those that the card of that build lists.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from corpus.card import Card
from corpus.closure import code_identity, library_versions
from corpus.store import sha256_file, sha256_json

LIBRARIES = ("polars", "pyarrow")


class Reuse:
    """The files of the build in `folder` (none when `card` is None), and the keys of this one as they become known."""

    def __init__(self, folder: Path, card: Card | None) -> None:
        self.keys: dict[str, str] = {}
        self._folder = folder
        self._card = card
        self._before = _keys_of(folder) if card else {}

    def taken(self, name: str, depends: Any, into: Path) -> bool:
        """Whether the file of that name could be taken over into the folder `into`; `depends` is a JSON value of all
        that its content depends on beside the code of the export."""
        key = sha256_json([code_identity("corpus.export"), library_versions(LIBRARIES), depends])
        self.keys[name] = key
        if self._card is None or self._before.get(name) != key or name not in self._card.outputs:
            return False
        there = self._folder / name
        if not there.is_file() or sha256_file(there) != self._card.outputs[name][0]:
            return False
        here = into / name
        here.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(there, here)  # the folder it stands in is about to be replaced by this one
        except OSError:
            shutil.copyfile(there, here)
        return True


def _keys_of(folder: Path) -> dict[str, str]:
    try:
        keys = json.loads((folder / "run.json").read_bytes())["keys"]
        return {str(name): str(key) for name, key in keys.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
