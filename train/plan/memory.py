"""Bytes that a training run needs on each device, by what they are for, with the formulas in words.

The matrices come from `train/plan/parameters.py`; goes to `train/plan/dry_run.py`. With P parameters, T of them
trained, F frozen, and N devices; "half" is bf16 or fp16 with fp32 masters.

*States.* ZeRO (Rajbhandari et al., arXiv 1910.02054, section 3.1 and figure 1): in half precision 2 P of weights, 2 T
of gradients and 12 T of optimizer (master, and Adam's two moments, of 4 bytes each). Stage 1 divides the optimizer by
N, stage 2 the gradients too, stage 3 the weights too. In fp32 it keeps a flat copy of the weights as masters: 4, 4 and
12. DDP under torch's autocast holds the fp32 weights themselves (4), half-precision copies of the trained matrices from
the way forwards to the way back (2), gradients (4), Adam (8), and, from two devices on, DDP's own buckets (4). FSDP2
divides weights, gradients and Adam, all fp32, by N. What LoRA freezes is held in half precision.

*Gathered.* What stage 3 and FSDP2 hold whole for a moment: two blocks and the token table; DeepSpeed keeps up to 10^9
parameters of what it will need again soon (`stage3_max_live_parameters`).

*Host.* ZeRO-Offload (Ren et al., arXiv 2101.06840): masters, moments and fp32 gradients, 16 T / N, go to the host's
memory, with parameters offloaded the 2 P / N of the weights too.

*Activations.* What autograd keeps of a layer, per token, counted as Korthikanti et al. do (arXiv 2205.05198, equation
1), for transformers' own code and for attention that does not write its scores down (`sdpa`, flash): their 5 a s^2 b
term falls away, but a mask of packed documents or of a window is kept, s numbers a token. The tests hold it against
what torch really keeps. Their layer of GPT, with dropout, is 34 bytes a token and feature; here it is 32 without. With
checkpointing only each layer's input is kept, and one layer at a time is computed again.

*Logits.* Half precision: 2 bytes, 4 of the fp32 copy, 4 of the log-softmax; fp32: 4, 4, and 4 of the gradient. A fused
or chunked loss holds 1,024 tokens' at a time.
"""

from __future__ import annotations

from typing import NamedTuple

from corpus.errors import UserError
from train.plan.flops import FULL, Trained, adapter_parameters, trained_parameters
from train.plan.parameters import Anatomy, summed

SHARDINGS = ("ddp", "zero1", "zero2", "zero2-offload", "zero3", "zero3-offload", "fsdp2")
PRECISIONS = ("bfloat16", "float16", "float32")
LIVE = 10**9  # DeepSpeed's default of stage3_max_live_parameters
BUCKET = 2 * 10**8  # allgather_bucket_size of our presets
CHUNK = 1024  # tokens of logits that a fused loss holds


class Setting(NamedTuple):
    """How a run goes, as far as memory is concerned. `rows`: on a device at once, each of `sequence` tokens.
    `packed`: documents in one row do not see each other, which takes a mask."""

    devices: int = 1
    precision: str = "bfloat16"
    rows: int = 1
    sequence: int = 1024
    trained: Trained = FULL
    checkpointing: bool = False
    fused_loss: bool = False
    packed: bool = False


class Memory(NamedTuple):
    """Bytes on each device; `host`: of the host's memory for each device."""

    sharding: str
    weights: int
    gradients: int
    optimizer: int
    gathered: int
    buffers: int
    activations: int
    logits: int
    host: int

    @property
    def states(self) -> int:
        """What is there between steps too."""
        return self.weights + self.gradients + self.optimizer

    @property
    def total(self) -> int:
        """The peak: at the logits, or with checkpointing where the larger of logits and one layer is."""
        return self.states + self.gathered + self.buffers + self.activations + self.logits


class Bytes(NamedTuple):
    """Bytes a parameter: `weights` of a trained one, `frozen` of a frozen one, and so on; `over`: which of `weights`,
    `gradients` and `optimizer` are divided by the devices."""

    weights: int
    frozen: int
    gradients: int
    optimizer: int
    over: tuple[str, ...]


def bytes_of(sharding: str, half: bool, lora: bool) -> Bytes:
    """Bytes a parameter under a sharding. Raises `UserError` for a sharding that is none."""
    if sharding not in SHARDINGS:
        raise UserError(f"There is no sharding {sharding!r}.", mend=f"choose one of {', '.join(SHARDINGS)}")
    if sharding in ("ddp", "fsdp2"):
        frozen = 2 if half and lora else 4
        return Bytes(4, frozen, 4, 8, ("weights", "gradients", "optimizer") if sharding == "fsdp2" else ())
    divided = {"1": ("optimizer",), "2": ("optimizer", "gradients"), "3": ("optimizer", "gradients", "weights")}
    size = 2 if half else 4
    return Bytes(size, size, size, 12, divided[sharding[4]])


def memory(body: Anatomy, sharding: str, setting: Setting) -> Memory:
    """What each device needs. Raises `UserError` for a sharding or precision that is none, or fewer than one device,
    row or token."""
    if setting.precision not in PRECISIONS or min(setting.devices, setting.rows, setting.sequence) < 1:
        raise UserError(f"No memory can be computed for {setting}.")
    half, lora = setting.precision != "float32", setting.trained.what == "lora"
    each, offload = bytes_of(sharding, half, lora), sharding.endswith("offload")
    trained = trained_parameters(body, setting.trained)
    frozen = summed(body).total + adapter_parameters(body, setting.trained) - trained
    parts = {name: setting.devices if name in each.over else 1 for name in ("weights", "gradients", "optimizer")}
    weights = _share(each.weights * trained + each.frozen * frozen, parts["weights"])
    gradients = _share(each.gradients * trained, parts["gradients"])
    optimizer = _share(each.optimizer * trained, parts["optimizer"])
    host = 0
    if offload:
        host = _share(16 * trained, setting.devices) + (weights if sharding == "zero3-offload" else 0)
        weights, gradients, optimizer = (0 if sharding == "zero3-offload" else weights), 0, 0
    kept, logits = _kept(body, sharding, setting), _logits(body, setting)
    if setting.checkpointing:  # the logits are gone when the first layer is computed again
        logits = max(logits, setting.rows * setting.sequence * layer_bytes(body, regime_of(sharding, half)))
    return Memory(sharding, weights, gradients, optimizer, _gathered(body, sharding, half),
                  _buffers(body, sharding, half, trained, setting), kept, logits, host)  # fmt: skip


def _share(size: int, parts: int) -> int:
    return -(-size // parts)


def block_parameters(body: Anatomy) -> int:
    """Weights of one block."""
    return sum(one.parameters for one in body.blocks) // body.layers


def _gathered(body: Anatomy, sharding: str, half: bool) -> int:
    if not sharding.startswith(("zero3", "fsdp2")):
        return 0
    needed = 2 * block_parameters(body) + body.token_table
    live = max(needed, LIVE) if sharding.startswith("zero3") else needed
    return (2 if half else 4) * min(summed(body).total, live)


def _buffers(body: Anatomy, sharding: str, half: bool, trained: int, setting: Setting) -> int:
    """What is neither state nor activation: autocast's copies and DDP's buckets; DeepSpeed's buckets of reducing (two
    of width squared) and gathering; the gradient of a block that FSDP2 has not divided yet."""
    size = 2 if half else 4
    if sharding == "ddp":
        copies = 2 * min(trained, summed(body).matmul) if half else 0
        return copies + (4 * trained if setting.devices > 1 else 0)
    if sharding == "fsdp2":
        return size * min(trained, block_parameters(body))
    gathering = min(BUCKET, trained) if sharding[4] in "12" else 0
    return size * (2 * body.hidden**2 + gathering)


def regime_of(sharding: str, half: bool) -> str:
    """DeepSpeed's model is in half precision throughout; under autocast what goes from layer to layer stays fp32."""
    if not half:
        return "full"
    return "half" if sharding.startswith("zero") else "autocast"


def layer_bytes(body: Anatomy, regime: str) -> int:
    """Bytes a token that autograd keeps of one layer, masks of attention apart. `regime`: `full`, `half`, `autocast`.

    In numbers: input and output of two norms (4 h; a norm written in Python, as of Llama's build, keeps what it
    normalised too), queries, keys, values and the output of attention; of the MLP, input and output of the activation
    (2 inner), and with a gate both factors as well (4 inner)."""
    hidden, python_norm, joined = body.hidden, body.gated and body.causal, body.gated and not body.causal
    inside = 2 * body.attention + 2 * body.keys + (4 if body.gated else 2) * body.inner
    inside += 2 * hidden if joined else 0  # ModernBERT's values keep the one matrix of all three alive
    masks = 2 * hidden if body.dropout and not body.gated else 0
    if regime == "full":
        return 4 * ((6 if python_norm else 4) * hidden + inside) + masks
    if regime == "half":
        return 2 * (4 * hidden + inside) + (8 * hidden if python_norm else 0) + masks
    # Under autocast norms work in fp32, and each matrix makes a half-precision copy of what it reads.
    return (16 if python_norm else 8) * hidden + 2 * (_readers(body) * hidden + inside) + masks


def _readers(body: Anatomy) -> int:
    """How many matrices of a block read what a norm wrote."""
    last = ("o_proj", "c_proj", "Wo", "dense.output", "output.dense", "out_proj")
    return sum(one.inputs == body.hidden and not one.name.endswith(last) for one in body.blocks)


def _kept(body: Anatomy, sharding: str, setting: Setting) -> int:
    regime = regime_of(sharding, setting.precision != "float32")
    if setting.checkpointing:
        return setting.rows * setting.sequence * body.layers * body.hidden * (2 if regime == "half" else 4)
    each = body.layers * layer_bytes(body, regime)
    masked = body.layers if setting.packed else sum(span > 0 for span in body.spans)
    # Beside a mask, transformers copies shared keys and values for every head.
    each += masked * (setting.sequence + 2 * (body.attention - body.keys)) * (4 if regime == "full" else 2)
    return setting.rows * setting.sequence * each


def _logits(body: Anatomy, setting: Setting) -> int:
    tokens = setting.rows * setting.sequence
    tokens = min(tokens, CHUNK) if setting.fused_loss else tokens
    return tokens * body.vocabulary * (12 if setting.precision == "float32" else 10)
