"""A disk that takes no more, told from every other fault, whichever library met it.

Errors come from wherever a file is written. `corpus/terminal.py` tells them for every command; `train/full_disk.py`
knows besides what was being written, and how the run goes on.
"""

from __future__ import annotations

import errno
import re

# What the system answers, and what that is.
FULL: dict[int, str] = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "Your share of the disk is used up",
    errno.EFBIG: "A file would be larger than files may be there",
}
MENDS: dict[int, str] = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your space, or ask for more",
    errno.EFBIG: "raise the limit (`ulimit -f`)",
}
# Arrow and the libraries that are written in Rust (polars, safetensors) have the number in their words alone.
_NUMBER = re.compile(r"\b(?:os error|errno) (\d+)", re.IGNORECASE)


def refusal(error: BaseException) -> int:
    """The number of FULL that an error speaks of; 0 where it speaks of something else."""
    if isinstance(error, OSError) and error.errno in FULL:
        return error.errno
    return next((number for found in _NUMBER.findall(str(error)) if (number := int(found)) in FULL), 0)
