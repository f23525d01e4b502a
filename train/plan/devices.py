"""Devices and what they can do at most: a table of peaks with sources, and a measurement for the device at hand.

The name comes from `torch.cuda.get_device_name()` or from a user who plans; goes to `train/plan/flops.py` (utilisation)
and `train/plan/dry_run.py` (time, memory). A name that stands in no row is an unknown device, never a guess.

Peaks are dense, with fp32 accumulation, which training uses: vendors' headline figures "with sparsity" are twice that,
and GeForce cards accumulate in fp16 at twice the rate. `tf32` is for fp32 matrices where torch is allowed to use it
(`torch.set_float32_matmul_precision("high")`), so `float32` is the plain one.

Checked in November 2026 against what others copied from the same sheets, which were not at hand themselves:
pytorch/torchtitan (torchtitan/tools/utils.py), NVIDIA/NeMo (nemo/lightning/pytorch/callbacks/speed_monitor.py), and
tables that quote a sheet by its address. Not verified in this way, but what the units do at boost clock: the rows
marked `reckoned`, the TF32 and fp32 of H100-NVL and L40, the fp32 of A30 and MI300X.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.errors import UserError

if TYPE_CHECKING:
    import torch

GIB = 1 << 30
TERA = 10**12
UNKNOWN = "unknown device"
# What is not to be had: the CUDA context, NCCL's buffers, what the allocator loses between blocks, and the GB of a data
# sheet that are no GiB. An assumption of ours.
KEPT_FREE = 0.08


class Device(NamedTuple):
    """A row. `pattern`: matches the name that CUDA gives, lower case. `memory`: GiB. Peaks in TFLOP/s, None where the
    device does not multiply in that precision."""

    name: str
    pattern: str
    memory: int
    bfloat16: float | None
    float16: float | None
    tf32: float | None
    float32: float
    source: str

    @property
    def usable(self) -> int:
        """Bytes that a run may fill."""
        return int(self.memory * GIB * (1 - KEPT_FREE))

    def peak(self, dtype: str) -> float | None:
        """Peak in FLOP/s in `bfloat16`, `float16`, `tf32` or `float32`; None for what it does not multiply in."""
        tera: float | None = getattr(self, dtype) if dtype in ("bfloat16", "float16", "tf32", "float32") else None
        return None if tera is None else tera * TERA


_HOPPER = "NVIDIA H100 datasheet, halved: it is with sparsity"
_AMPERE = "NVIDIA A100 datasheet (nvidia-1758950-r4)"
_VOLTA = "NVIDIA V100 datasheet (1165301-r5)"
_ADA = "NVIDIA Ada GPU architecture whitepaper v2.1"
_GA102 = "NVIDIA Ampere GA102 GPU architecture whitepaper v2, table 9"

# The first row whose pattern matches is taken, so that the special stands before the general.
DEVICES: tuple[Device, ...] = (
    Device("B200", r"\bb200\b", 180, 2250, 2250, 1100, 75, "NVIDIA Blackwell datasheet, HGX B200, halved"),
    Device("H200-NVL", r"\bh200 nvl\b", 141, 835, 835, 417, 60, "NVIDIA H200 datasheet, halved"),
    Device("H200", r"\bh200\b", 141, 989, 989, 494, 67, "NVIDIA H200 datasheet, halved"),
    Device("GH200-144GB", r"\bgh200 144g", 144, 989, 989, 494, 67, "NVIDIA GH200 datasheet (2705455)"),
    Device("GH200", r"\bgh200\b", 96, 989, 989, 494, 67, "NVIDIA GH200 datasheet (2705455)"),
    Device("H100-NVL", r"\bh100 nvl\b", 94, 835, 835, 417, 60, _HOPPER),
    Device("H100-PCIe", r"\bh100 pcie\b", 80, 756, 756, 378, 51, _HOPPER),
    Device("H100-SXM", r"\bh100( 80gb hbm3|-sxm.*| sxm.*)?$", 80, 989, 989, 494, 67, _HOPPER),
    Device("A100-80GB", r"\ba100[- ].*80gb", 80, 312, 312, 156, 19.5, _AMPERE),
    Device("A100-40GB", r"\ba100[- ].*40gb", 40, 312, 312, 156, 19.5, _AMPERE),
    Device("A30", r"\ba30\b", 24, 165, 165, 82, 10.3, "NVIDIA A30 datasheet"),
    Device("A40", r"\ba40\b", 48, 149.7, 149.7, 74.8, 37.4, "NVIDIA A40 datasheet"),
    Device("A10", r"\ba10\b", 24, 125, 125, 62.5, 31.2, "NVIDIA A10 datasheet"),
    Device("V100S-32GB", r"\bv100s\b.*32gb", 32, None, 130, None, 16.4, _VOLTA),
    Device("V100-32GB", r"\bv100-sxm\d-32gb", 32, None, 125, None, 15.7, _VOLTA),
    Device("V100-16GB", r"\bv100-sxm\d-16gb", 16, None, 125, None, 15.7, _VOLTA),
    Device("V100-PCIe-32GB", r"\bv100-pcie-32gb", 32, None, 112, None, 14, _VOLTA),
    Device("V100-PCIe-16GB", r"\bv100-pcie-16gb", 16, None, 112, None, 14, _VOLTA),
    Device("T4", r"\bt4\b", 16, None, 65, None, 8.1, "NVIDIA T4 datasheet"),
    Device("L40S", r"\bl40s\b", 48, 362, 362, 183, 91.6, "NVIDIA L40S datasheet"),
    Device("L40", r"\bl40\b", 48, 181, 181, 90.5, 90.5, "NVIDIA L40 datasheet"),
    Device("L4", r"\bl4\b", 24, 121, 121, 60, 30.3, "NVIDIA L4 datasheet"),
    Device("RTX-4090", r"\brtx 4090$", 24, 165.2, 165.2, 82.6, 82.6, _ADA),
    Device("RTX-4080", r"\brtx 4080$", 16, 97.5, 97.5, 48.7, 48.7, "reckoned"),
    Device("RTX-3090-Ti", r"\brtx 3090 ti$", 24, 80, 80, 40, 40, "reckoned"),
    Device("RTX-3090", r"\brtx 3090$", 24, 71, 71, 35.6, 35.6, _GA102),
    Device("RTX-A6000", r"\brtx a6000$", 48, 154.8, 154.8, 77.4, 38.7, "NVIDIA RTX A6000 datasheet"),
    Device("MI300X", r"\bmi300x\b", 192, 1307.4, 1307.4, 653.7, 163.4, "AMD Instinct MI300X datasheet"),
)
NAMES: dict[str, Device] = {device.name.lower(): device for device in DEVICES}


def device_of(name: str) -> Device | None:
    """The row of a device, by the name that CUDA gives (`NVIDIA A100-SXM4-80GB`) or by its name in the table; None for
    one that is not there, a slice of a card (MIG) among them."""
    told = name.strip().lower()
    if told in NAMES:
        return NAMES[told]
    if " mig " in f" {told} ":
        return None
    return next((device for device in DEVICES if re.search(device.pattern, told)), None)


def named(name: str) -> Device:
    """The row of a device that a user named. Raises `UserError` with the list for one that is not there."""
    found = device_of(name)
    if found is None:
        raise UserError(f"{name!r} is an {UNKNOWN}.", mend=f"name one of {', '.join(one.name for one in DEVICES)}")
    return found


def peak_of(name: str, dtype: str) -> float | None:
    """Peak in FLOP/s of a device in `bfloat16`, `float16`, `tf32` or `float32`; None for an unknown device, and for a
    precision that it does not multiply in."""
    device = device_of(name)
    return None if device is None else device.peak(dtype)


class Measured(NamedTuple):
    """What a device did. `flops`: FLOP/s of the best of `rounds`; `side`: rows and columns of the square matrices."""

    device: str
    dtype: str
    flops: float
    side: int
    rounds: int


def measure_peak(device: torch.device | str, dtype: str = "bfloat16", side: int = 0, rounds: int = 10) -> Measured:
    """The matrix peak that the device at hand reaches: the fastest of `rounds` products of two square matrices, after
    two that are not timed. `side` 0 takes 8,192 on a GPU and 1,024 on a CPU. Random numbers, since zeros draw less
    current and run faster. Leaves torch's generators alone."""
    import torch

    device = torch.device(device)
    side = side or (8192 if device.type == "cuda" else 1024)
    generator = torch.Generator(device=device).manual_seed(0)
    both = torch.randn(2, side, side, device=device, generator=generator).to(getattr(torch, dtype))
    left, right = both.unbind()
    out = torch.empty_like(left)
    times = [_seconds(left, right, out) for _ in range(rounds + 2)][2:]
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    return Measured(name, dtype, 2 * side**3 / min(times), side, rounds)


def _seconds(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> float:
    import time

    import torch

    if left.device.type != "cuda":
        start = time.perf_counter()
        torch.matmul(left, right, out=out)
        return time.perf_counter() - start
    events: Any = torch.cuda.Event
    begin, end = events(enable_timing=True), events(enable_timing=True)
    begin.record()
    torch.matmul(left, right, out=out)
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1000
