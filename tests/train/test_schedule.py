"""Learning rates go up, stay and come down where they should, and depend on the step alone."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from train.assemble import schedule_of
from train.recipe import ScheduleSettings
from train.schedule import KINDS, Kind, Schedule, checked, factor, multiplier


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    kind = draw(st.sampled_from(KINDS))
    steps = draw(st.integers(1, 300))
    decay = draw(st.integers(1, steps)) if kind == "wsd" else 0
    warmup = draw(st.integers(0, steps - decay))
    floor, start = draw(st.floats(0, 1)), draw(st.floats(0, 1))
    return checked(Schedule(kind, steps, warmup, decay, floor, start))


@given(schedules())
def test_a_rate_rises_through_the_warm_up_and_never_after_it(schedule: Schedule) -> None:
    rates = [factor(schedule, step) for step in range(schedule.steps + 5)]
    assert all(0 <= rate <= 1 for rate in rates)
    up, down = rates[: schedule.warmup], rates[schedule.warmup :]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)


@given(schedules())
def test_after_the_warm_up_the_rate_is_whole_and_at_the_end_it_is_at_the_floor(schedule: Schedule) -> None:
    if schedule.warmup + schedule.decay < schedule.steps:
        assert factor(schedule, schedule.warmup) == 1
    end = 1 if schedule.kind == "constant" else schedule.floor
    if schedule.steps - schedule.warmup > 1 or schedule.decay:
        assert factor(schedule, schedule.steps - 1) == pytest.approx(end)
    assert factor(schedule, schedule.steps) == pytest.approx(end)
    assert factor(schedule, schedule.steps + 1000) == pytest.approx(end)


def test_no_update_is_wasted_on_a_rate_of_nothing() -> None:
    kinds: tuple[tuple[Kind, int], ...] = (("cosine", 0), ("linear", 0), ("wsd", 20))
    for kind, decay in kinds:
        schedule = Schedule(kind, 100, warmup=10, decay=decay, floor=0.1)
        assert all(factor(schedule, step) > 0 for step in range(100))


def test_a_cosine_is_half_way_down_in_the_middle() -> None:
    assert factor(Schedule("cosine", 111, warmup=10, floor=0.1), 60) == pytest.approx(0.55)


def test_warm_up_stable_decay_stays_and_then_falls_by_a_root() -> None:
    schedule = Schedule("wsd", 100, warmup=10, decay=20)
    assert {factor(schedule, step) for step in range(10, 80)} == {1.0}
    assert factor(schedule, 84) == pytest.approx(0.5)


def test_a_stable_run_is_the_same_however_long_it_is_to_be() -> None:
    short, long = Schedule("wsd", 100, 10, 20), Schedule("wsd", 1000, 10, 20)
    assert [factor(short, step) for step in range(80)] == [factor(long, step) for step in range(80)]


@pytest.mark.parametrize("steps", [1, 2, 10, 100])
def test_a_recipe_names_every_kind_and_what_it_comes_from_and_ends_at(steps: int) -> None:
    for kind in KINDS:
        made = schedule_of(ScheduleSettings(kind=kind, warmup=0.0, floor=0.1, start=0.3), steps)
        assert (made.kind, made.start) == (kind, 0.3)
        if kind == "wsd" or (kind != "constant" and steps > 1):
            assert factor(made, steps - 1) == pytest.approx(0.1)


def test_re_warming_starts_where_the_base_model_ended() -> None:
    schedule = Schedule("cosine", 100, warmup=9, floor=0.1, start=0.1)
    assert factor(schedule, 0) == pytest.approx(0.19)
    assert factor(schedule, 4) == pytest.approx(0.55)


def test_torch_follows_it_and_a_resumed_run_is_where_it_was() -> None:
    schedule = Schedule("wsd", 12, warmup=3, decay=4, floor=0.2)

    def rates(first: int, state: dict[str, Any] | None = None) -> tuple[list[float], dict[str, Any]]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, pickle.loads(pickle.dumps(multiplier(schedule))))
        if state:
            scheduler.load_state_dict(state)
            optimizer.param_groups[0]["lr"] = scheduler.get_last_lr()[0]
        seen = []
        for _ in range(first, 12 if state else 5):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return seen, scheduler.state_dict()

    begun, state = rates(0)
    gone_on, _ = rates(5, state)
    assert begun + gone_on == pytest.approx([0.5 * factor(schedule, step) for step in range(12)])


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        (Schedule("step", 10), "no schedule 'step'"),  # type: ignore[arg-type]
        (Schedule("cosine", 10, warmup=11), "longer than the run"),
        (Schedule("wsd", 10, warmup=6, decay=5), "longer than the run"),
        (Schedule("wsd", 10), "0 steps of decay"),
        (Schedule("cosine", 10, decay=2), "2 steps of decay"),
        (Schedule("cosine", 0), "cannot be followed"),
        (Schedule("cosine", 10, floor=1.5), "from 0 to 1"),
    ],
)
def test_a_schedule_that_cannot_be_followed_is_refused(schedule: Schedule, says: str) -> None:
    with pytest.raises(UserError, match=says):
        multiplier(schedule)
