"""The report of a dry run as text in which every number can be reckoned again by hand.

Comes from `train/plan/dry_run.py`; goes to the terminal by `train --dry-run`. Names of models come from users, so that
what is told goes through `corpus/controls.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from corpus.controls import visible
from train.plan.devices import DEVICES
from train.plan.dry_run import PARTS, Plan, Report, fitting, gib, tera
from train.plan.memory import CHUNK, Memory, bytes_of, layer_bytes, regime_of

DAY, HOUR, MINUTE = 86_400, 3_600, 60


def told(report: Report) -> str:
    """The whole report, sections one below the other."""
    parts = (_head(report), _parameters(report), _memory(report), _flops(report), _time(report))
    return "\n\n".join("\n".join(part) for part in parts)


def _head(report: Report) -> Iterator[str]:
    plan, body = report.plan, report.body
    yield f"{visible(report.name)}: {body.layers} layers of {body.hidden:,}, {body.heads} heads, " \
          f"vocabulary {body.vocabulary:,}"  # fmt: skip
    yield f"  on {plan.devices:,} x {plan.device.name} ({plan.device.memory} GiB), {plan.precision}, " \
          f"{_count(plan.rows, 'row')} of {plan.sequence:,} tokens on each at once{_ways(plan)}"  # fmt: skip
    at_once = plan.rows * plan.devices
    batch = plan.batch or at_once
    yield f"  a batch: {_count(batch, 'row')} = {batch * plan.sequence:,} tokens, {at_once:,} rows at once, " \
          f"{_count(batch // at_once, 'time')}"  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _ways(plan: Plan) -> str:
    ways = {"gradient checkpointing": plan.checkpointing, "fused loss": plan.fused_loss, "packed": plan.packed}
    return "".join(f", {way}" for way, on in ways.items() if on)


def _parameters(report: Report) -> Iterator[str]:
    body, found = report.body, report.parameters
    blocks = sum(one.parameters for one in body.blocks)
    yield "Parameters"
    for one in body.blocks:
        sum_ = f"{one.inputs:,} x {one.outputs:,} x {one.times}"
        yield f"  {visible(one.name):<22}{sum_:>28} = {one.parameters:>18,}"
    yield f"  {'blocks':<22}{'':>28} = {blocks:>18,}"
    for one in body.head:
        yield f"  {visible(one.name):<22}{f'{one.inputs:,} x {one.outputs:,}':>28} = {one.parameters:>18,}"
    yield f"  {'token table':<22}{f'{body.vocabulary:,} x {body.hidden:,}':>28} = {body.token_table:>18,}" + (
        "  (is the output matrix too: counted once)" if body.tied else ""
    )
    yield f"  {'norms, biases, places':<22}{'':>28} = {body.vectors + body.tables:>18,}"
    yield f"  {'total':<22}{'':>28} = {found.total:>18,}"
    yield f"  {'that multiply':<22}{'blocks and head':>28} = {found.matmul:>18,}"
    if report.trained != found.total:
        yield f"  {'trained':<22}{report.plan.trained.what:>28} = {report.trained:>18,}"


def _memory(report: Report) -> Iterator[str]:
    plan = report.plan
    yield f"Memory on each device, GiB: {gib(plan.device.usable)} usable of {plan.device.memory} GiB"
    yield f"  {'':<14}" + "".join(f"{name:>12}" for name in PARTS) + f"{'total':>10}"
    for one in report.memory:
        numbers = "".join(f"{getattr(one, name) / 2**30:>12,.2f}" for name in PARTS)
        share = one.total / plan.device.usable
        fits = f"fits ({share:.0%})" if share <= 1 else f"does NOT fit ({share:.0%})"
        host = f", and {gib(one.host)} of the host for each" if one.host else ""
        yield f"  {one.sharding:<14}{numbers}{one.total / 2**30:>10,.2f}  {fits}{host}"
    yield from (f"  {one.sharding}: {_states(report, one)}" for one in report.memory if not one.host)
    yield from (f"  {line}" for line in _activations(report))


def _activations(report: Report) -> Iterator[str]:
    """What depends on the rows, reckoned for DDP and for ZeRO, whose model is in half precision throughout."""
    plan, body, half = report.plan, report.body, report.plan.precision != "float32"
    tokens = plan.rows * plan.sequence
    for sharding, who in (("ddp", "ddp, fsdp2"), ("zero1", "ZeRO")) if half else (("ddp", "all"),):
        regime = regime_of(sharding, half)
        layer = layer_bytes(body, regime)
        one = next(found for found in report.memory if found.sharding == sharding)
        if plan.checkpointing:
            size = 2 if regime == "half" else 4
            kept = f"{tokens:,} tokens x {body.layers} layers x {body.hidden:,} inputs of {size} bytes"
            more = f"; while a layer is computed again, {tokens:,} x {layer:,} bytes = {gib(tokens * layer)}"
        else:
            kept = f"{tokens:,} tokens x {body.layers} layers x {layer:,} bytes" + _masks(plan, body.spans)
            more = ""
        yield f"activations ({who}): {kept} = {gib(one.activations)}{more}"
    held, each = min(tokens, CHUNK) if plan.fused_loss else tokens, 10 if half else 12
    size = held * body.vocabulary * each
    yield f"logits: {held:,} tokens x {body.vocabulary:,} x {each} bytes = {gib(size)}" + (
        "; the larger of this and the layer counts" if plan.checkpointing else ""
    )


def _masks(plan: Plan, spans: tuple[int, ...]) -> str:
    return ", and masks" if plan.packed or any(spans) else ""


def _states(report: Report, one: Memory) -> str:
    """The states of a sharding reckoned: bytes a parameter, divided or not."""
    plan = report.plan
    each = bytes_of(one.sharding, plan.precision != "float32", plan.trained.what == "lora")
    terms = []
    for name in ("weights", "gradients", "optimizer"):
        divided = f" / {plan.devices}" if name in each.over and plan.devices > 1 else ""
        terms.append(f"{getattr(each, name)}{divided} of {name}")
    frozen = report.trained < report.parameters.total
    more = f", and {each.frozen} for each that is frozen" if frozen else ""
    return f"{report.trained:,} trained x ({' + '.join(terms)}) bytes{more} = {gib(one.states)}"


def _flops(report: Report) -> Iterator[str]:
    found, body, plan = report.flops, report.body, report.plan
    matmul = report.parameters.matmul
    yield "Operations a token (PaLM, appendix B)"
    yield f"  forwards           2 x {matmul:,} = {found.forward:,}"
    yield f"  backwards, inputs  2 x {matmul:,} = {found.inputs:,}"
    yield f"  backwards, weights 2 x {found.weights // 2:,} = {found.weights:,}"
    if found.adapters:
        yield f"  adapters           6 x {found.adapters // 6:,} = {found.adapters:,}"
    attention = found.attention_forward + found.attention_backward
    how = "12 x heads x width x tokens seen, over all layers" + (", half of it: causal" if plan.causal else "")
    if not any(body.spans) and not plan.causal:
        how = f"12 x {body.layers} layers x {body.attention:,} x {plan.sequence:,}"
    yield f"  attention          {how} = {attention:,}"
    yield f"  together           {found.total:,} ({found.total / report.parameters.total:.2f} for each parameter)"
    if found.again:
        yield f"  computed again     {found.again:,} (gradient checkpointing: takes time, adds nothing to the model)"
        yield f"  computed           {found.hardware:,}"


def _time(report: Report) -> Iterator[str]:
    plan = report.plan
    if not plan.tokens:
        yield "Time: no tokens were named"
        return
    each = report.flops.hardware
    whole = plan.tokens * each
    yield f"Time at {plan.utilisation:.1%} of the peak, which is an assumption"
    yield f"  {plan.tokens:,} tokens x {each:,} = {whole:.3e} FLOP"
    if report.peak is None or report.seconds is None:
        yield f"  {plan.device.name} does not multiply in {plan.precision}"
    else:
        rate = plan.tokens / report.seconds
        yield f"  / ({plan.devices:,} x {tera(report.peak)} x {plan.utilisation}) = {spoken(report.seconds)}: " \
              f"{rate:,.0f} tokens a second, {rate / plan.devices:,.0f} on each"  # fmt: skip
    yield f"  {plan.devices:,} of others, at the same share of their peak, and what fits there:"
    for device in DEVICES:
        peak = device.peak(plan.precision)
        if peak and device != plan.device:
            fits = ", ".join(fitting(report.body, plan._replace(device=device))) or "nothing"
            seconds = whole / (plan.devices * peak * plan.utilisation)
            yield f"    {device.name:<16}{tera(peak):>18}  {spoken(seconds):>14}  {fits}"


def spoken(seconds: float) -> str:
    """A time in the unit that says it best."""
    for size, unit in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:,.1f} seconds"
