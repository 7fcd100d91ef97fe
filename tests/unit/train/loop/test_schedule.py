"""Milestones are fractions of the run."""

import pytest

from components.train.loop.schedule import Schedule


@pytest.fixture
def schedule() -> Schedule:
    return Schedule(steps=1000, sh_degree=3)


def test_small_photos_come_first(schedule):
    levels = [schedule.level(step) for step in range(1000)]
    assert levels[0] == 1
    assert levels[-1] == 0
    assert levels == sorted(levels, reverse=True)


def test_sh_degrees_are_added_one_by_one(schedule):
    degrees = [schedule.sh_degree_at(step) for step in range(1000)]
    assert sorted(set(degrees)) == [0, 1, 2, 3]
    assert degrees == sorted(degrees)


def test_the_count_grows_to_the_budget_and_no_further(schedule):
    assert schedule.target_count(0, 100, 500) == 100
    assert schedule.target_count(999, 100, 500) == 500


def test_refinement_ends_before_training(schedule):
    steps = [step for step in range(1001) if schedule.refines(step)]
    assert 30 <= len(steps) <= 50
    assert steps[0] > 0
    assert steps[-1] < 800


def test_time_runs_from_zero_to_one(schedule):
    fractions = [schedule.time_fraction(step) for step in range(1001)]
    assert fractions[0] == 0.0
    assert fractions[-1] == pytest.approx(1.0)
    assert fractions == sorted(fractions)
