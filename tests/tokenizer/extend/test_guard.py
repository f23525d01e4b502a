"""What the guard reckons is what encoding shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tokenizer.extend.bases import general_lines
from tests.tokenizer.small import documents
from tokenizer.extend.family import family_of
from tokenizer.extend.grown import grown
from tokenizer.extend.guard import General, Ordinary, Price
from tokenizer.extend.learn import Learner
from tokenizer.extend.rates import pairs_of
from tokenizer.extend.sequences import sequences
from tokenizer.extend.texts import lines_of
from tokenizer.opened import open_tokenizer


@pytest.mark.parametrize("name", ["gpt-2", "middle", "llama-2", "llama-2-json"])
def test_the_lines_reckoned_to_change_are_the_lines_that_change(bases: dict[str, Path], name: str) -> None:
    family = family_of(open_tokenizer(bases[name]))
    domain = sequences([line for row in documents(60) for line in lines_of(row["text"])], family)
    lines = general_lines(400, seed=5)
    ordinary = Ordinary(
        sequences(lines, family), np.array([0, 1] * 200, np.int8), ("zh", "en"), np.arange(400, dtype=np.int32)
    )
    general = General(ordinary, pairs_of(domain), family.size, 2)
    price = Price(general, np.array([0.01, 0.01]), len(domain.ids))
    pieces = Learner(domain.ids, family, 24, 2).learn(200, family.size, price)
    after = grown(family, pieces).backend
    encoded = [[one.ids for one in side.encode_batch(lines, add_special_tokens=False)]
               for side in (family.backend, after)]  # fmt: skip
    changed = np.array([old != new for old, new in zip(*encoded, strict=True)])
    assert changed.any()
    assert (price.changed == changed).all()


def test_a_higher_price_changes_fewer_lines(bases: dict[str, Path]) -> None:
    family = family_of(open_tokenizer(bases["gpt-2"]))
    domain = sequences([line for row in documents(60) for line in lines_of(row["text"])], family)
    ordinary = Ordinary(
        sequences(general_lines(400), family), np.zeros(400, np.int8), ("any",), np.arange(400, dtype=np.int32)
    )
    general = General(ordinary, pairs_of(domain), family.size, 2)
    shares = []
    for asked in (0.0, 0.1, 1.0, 100.0):
        price = Price(general, np.array([asked]), len(domain.ids))
        Learner(domain.ids, family, 24, 2).learn(100, family.size, price)
        shares.append(float(price.shares[0]))
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]
