"""Devices are known by the names that CUDA gives them, and what is not known is not guessed."""

from __future__ import annotations

import pytest
import torch

from corpus.errors import UserError
from train.plan.devices import DEVICES, GIB, NAMES, device_of, measure_peak, named, peak_of


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("NVIDIA H100 80GB HBM3", "H100-SXM"), ("NVIDIA H100 PCIe", "H100-PCIe"), ("NVIDIA H100 NVL", "H100-NVL"),
        ("NVIDIA H200", "H200"), ("NVIDIA H200 NVL", "H200-NVL"), ("NVIDIA A100-SXM4-80GB", "A100-80GB"),
        ("NVIDIA A100-SXM4-40GB", "A100-40GB"), ("NVIDIA A100-PCIE-40GB", "A100-40GB"),
        ("NVIDIA A100 80GB PCIe", "A100-80GB"), ("Tesla V100-SXM2-32GB", "V100-32GB"),
        ("Tesla V100-SXM3-32GB", "V100-32GB"), ("Tesla V100-SXM2-16GB", "V100-16GB"),
        ("Tesla V100-PCIE-16GB", "V100-PCIe-16GB"), ("Tesla V100S-PCIE-32GB", "V100S-32GB"), ("NVIDIA L40S", "L40S"),
        ("NVIDIA L4", "L4"), ("NVIDIA L40", "L40"), ("NVIDIA GeForce RTX 3090", "RTX-3090"),
        ("NVIDIA GeForce RTX 3090 Ti", "RTX-3090-Ti"), ("NVIDIA GeForce RTX 4090", "RTX-4090"), ("Tesla T4", "T4"),
        ("NVIDIA A10", "A10"), ("NVIDIA B200", "B200"), ("AMD Instinct MI300X", "MI300X"), ("h100-sxm", "H100-SXM"),
        ("NVIDIA GH200 480GB", "GH200"), ("NVIDIA GH200 144G HBM3e", "GH200-144GB"),
    ],
)  # fmt: skip
def test_a_card_is_known_by_the_name_that_cuda_gives(told: str, name: str) -> None:
    found = device_of(told)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "told", ["", "cpu", "NVIDIA GeForce RTX 4090 D", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA A10G",
             "NVIDIA A100-SXM4-80GB MIG 3g.40gb", "NVIDIA H800", "Quadro RTX 4000", "NVIDIA A1000"],
)  # fmt: skip
def test_what_is_not_in_the_table_is_an_unknown_device(told: str) -> None:
    assert device_of(told) is None
    assert peak_of(told, "bfloat16") is None
    with pytest.raises(UserError, match="unknown device"):
        named(told)


def test_peaks_are_dense_ones_by_precision() -> None:
    assert peak_of("NVIDIA H100 80GB HBM3", "bfloat16") == 989e12
    assert peak_of("NVIDIA A100-SXM4-40GB", "float32") == 19.5e12
    assert peak_of("Tesla V100-SXM2-32GB", "float16") == 125e12
    assert peak_of("Tesla V100-SXM2-32GB", "bfloat16") is None
    assert peak_of("NVIDIA H200", "float8") is None


@pytest.mark.parametrize(
    ("name", "multiprocessors", "gigahertz"),
    [("RTX-4090", 128, 2.52), ("RTX-4080", 76, 2.505), ("RTX-3090-Ti", 84, 1.86), ("RTX-3090", 82, 1.695)],
)
def test_geforce_peaks_are_what_their_units_do_at_boost_clock(
    name: str, multiprocessors: int, gigahertz: float
) -> None:
    """512 operations a cycle of fp16 with fp32 accumulation in a multiprocessor, half of them in TF32 and in fp32."""
    device, peak = named(name), multiprocessors * 512 * gigahertz / 1000
    assert device.bfloat16 == pytest.approx(peak, rel=0.005)
    assert device.tf32 == pytest.approx(peak / 2, rel=0.005)
    assert device.float32 == pytest.approx(peak / 2, rel=0.005)


def test_every_row_can_be_named_and_says_where_it_is_from() -> None:
    assert len(NAMES) == len(DEVICES)
    assert all(device.source and named(device.name) is device for device in DEVICES)
    assert all(device.float32 <= (device.float16 or 0) for device in DEVICES)
    assert named("V100-32GB").usable < 32 * GIB


def test_the_peak_of_this_machine_is_measured_without_disturbing_the_generator() -> None:
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    found = measure_peak("cpu", "float32", side=128, rounds=3)
    assert 1e7 < found.flops < 1e15
    assert found.device == "cpu"
    assert torch.equal(torch.rand(2), expected)
