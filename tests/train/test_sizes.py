"""The ladder is the published one: its counts are those that the publications give."""

from __future__ import annotations

from itertools import pairwise

import pytest

from corpus.errors import UserError
from train.models import config_of
from train.plan.parameters import parameters
from train.sizes import SIZES, inner_width, size_of

# allenai/DataDecide, scaling_laws/utils/constants/constants_models.py: MODEL_TO_PARAMETERS, all but the token table;
# MODEL_TO_BATCH, rows of 2,048 tokens.
PUBLISHED = {
    "4m": 3_744_832, "6m": 6_010_464, "8m": 8_538_240, "10m": 9_900_432, "14m": 14_380_224, "16m": 16_004_560,
    "20m": 19_101_888, "60m": 57_078_144, "90m": 97_946_640, "150m": 151_898_880, "300m": 319_980_544,
    "530m": 530_074_944, "750m": 681_297_408, "1b": 1_176_832_000,
}  # fmt: skip
BATCHES = {
    "4m": 32, "6m": 32, "8m": 32, "10m": 32, "14m": 32, "16m": 32, "20m": 64, "60m": 96, "90m": 160, "150m": 192,
    "300m": 320, "530m": 448, "750m": 576, "1b": 704,
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_datadecides_sizes_have_the_parameters_that_it_published(name: str) -> None:
    size = SIZES[name]
    config = config_of("llama", size, size.vocabulary, tied=False)
    assert parameters(config).total - size.vocabulary * size.hidden == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_datadecides_sizes_have_its_batches_and_learning_rates(name: str) -> None:
    """The rates of its table are the ladder's formula (allenai/OLMo, scripts/ladder.py) at the published counts."""
    assert SIZES[name].batch == BATCHES[name]
    assert SIZES[name].learning_rate == float(f"{0.0047 * (PUBLISHED[name] / 108e6) ** (-1 / 3):.1e}")


def test_every_size_of_datadecide_is_there() -> None:
    assert {name for name, size in SIZES.items() if size.source == "DataDecide"} == set(PUBLISHED)


@pytest.mark.parametrize(("shape", "name", "total"), [("gpt2", "124m", 124_439_808), ("gpt2", "350m", 354_823_168)])
def test_gpt2s_sizes_have_the_parameters_of_gpt2(shape: str, name: str, total: int) -> None:
    assert parameters(config_of(shape, SIZES[name], 50_257, sequence=1024)).total == total


def test_the_ladder_climbs() -> None:
    decoders = [size for name, size in SIZES.items() if "bert" not in name]
    counts = [parameters(config_of("llama", size, 32_000, tied=True)).matmul for size in decoders]
    rates = [size.learning_rate for size in decoders if size.source == "DataDecide"]
    assert all(low < high for low, high in pairwise(rates[::-1]))
    assert min(counts) == counts[0]
    assert max(counts) == counts[-1]


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_a_size_costs_about_the_same_in_either_shape(name: str, shape: str) -> None:
    size = SIZES[name]
    own = size.intermediate * (3 if size.gated else 2)
    other = inner_width(size, shape == "llama") * (3 if shape == "llama" else 2)
    assert own <= other < own * 1.12


def test_an_unknown_size_is_refused_with_the_list() -> None:
    with pytest.raises(UserError, match="no size '5m'") as error:
        size_of("5m")
    assert "4m" in error.value.mend
