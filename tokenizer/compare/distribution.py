"""What the use of a vocabulary looks like: Rényi efficiency, and the share of ids that are used at all.

Comes from how often each id occurs (`tokenizer/compare/counted.py`). The efficiency is reported and never optimised: it
was found to go with the quality of translation (Zouhar et al. 2023, doi:10.18653/v1/2023.acl-long.284), and two
families of tokenizers were built since that raise it and make the model worse (Cognetta et al. 2024, arXiv 2402.14614).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALPHA = 2.5


def renyi_efficiency(used: NDArray[np.int64], alpha: float = ALPHA) -> float | None:
    """Rényi entropy of the ids over its largest possible value, the logarithm of the number of distinct ids that occur,
    as `tokenization-scorer` computes it. None for fewer than two distinct ids, where that is 0."""
    seen = np.sort(used[used > 0]).astype(np.float64)
    if len(seen) < 2:
        return None
    shares = seen / seen.sum()
    return float(np.log2((shares**alpha).sum()) / (1 - alpha) / np.log2(len(seen)))


def in_use(used: NDArray[np.int64]) -> float | None:
    """Share of all ids that occur at least once; None for a tokenizer without ids."""
    return float((used > 0).mean()) if len(used) else None
