"""The ledger: each try, each stage and the run at the price of its node, beside what was expected."""

import pytest

from components.publish.build_report import build_report
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.contracts.forecast import Forecast, StageForecast
from components.shared.contracts.record import StageRecord
from components.shared.stages import REQUIRED_STAGES
from components.shared.tries import Tries

UNPRICED = PublishSettings()


def expected(seconds, usd_per_hour=0.36, spot=0.18):
    return StageForecast(
        seconds=seconds, cpu_seconds=seconds, machine="m", usd_per_hour=usd_per_hour, spot_usd_per_hour=spot
    )


FORECAST = Forecast(
    photos=24,
    megapixels=0.5,
    steps=7000,
    gaussians=500_000,
    relative_error=0.3,
    prices_as_of="2026-06-17",
    budget_usd=2.0,
    stages={name: expected(200.0, *((1.0, 0.4) if name == "train" else ())) for name in REQUIRED_STAGES},
)


def records(**changes):
    found = {
        name: StageRecord(stage=name, seconds=100.0, cpu_seconds=150.0)
        for name in REQUIRED_STAGES
        if name not in ("ingest", "sfm")
    }
    return found | changes


def report(found, settings=UNPRICED, forecast=FORECAST, tries=None):
    return build_report(found, state=RunState.SUCCEEDED, settings=settings, forecast=forecast, tries=tries)


def test_a_stage_costs_its_seconds_at_the_price_of_the_forecast():
    train = report(records()).stages["train"]
    assert (train.cost_usd, train.usd_per_hour) == (pytest.approx(100 / 3600), 1.0)
    assert train.spot_cost_usd == pytest.approx(0.4 * 100 / 3600)
    assert (train.forecast_seconds, train.forecast_cost_usd) == (200.0, pytest.approx(200 / 3600))


def test_a_price_of_the_settings_wins():
    train = report(records(), PublishSettings(gpu_usd_per_hour=3.6)).stages["train"]
    assert train.cost_usd == pytest.approx(0.1)


def test_what_the_cache_saved_is_what_the_stages_were_expected_to_cost():
    totals = report(records()).totals
    assert totals.saved_by_cache_usd == pytest.approx(2 * 0.02)
    assert totals.cost_usd == pytest.approx(100 / 3600 + 3 * 0.01)
    assert totals.forecast_cost_usd == pytest.approx(200 / 3600 + 5 * 0.02)
    assert (totals.budget_usd, totals.prices_as_of) == (2.0, "2026-06-17")


def test_a_run_that_failed_saved_nothing():
    found = {"ingest": StageRecord(stage="ingest", seconds=10.0)}
    failed = build_report(found, state=RunState.FAILED, settings=UNPRICED, forecast=FORECAST)
    assert failed.totals.saved_by_cache_usd is None
    assert failed.totals.cost_usd == pytest.approx(0.001)


def test_each_try_is_in_the_ledger_and_they_add_up():
    """A killed try of 30 s, one of 50 s that failed, and the last one, of 20 s by the record."""
    tries = {"train": Tries(3, seconds=80.0, cpu_seconds=80.0, seconds_of_each=(30.0, 50.0))}
    train = report(records(), tries=tries).stages["train"]
    assert [each.seconds for each in train.tries] == [30.0, 70.0]
    assert sum(each.cost_usd for each in train.tries) == pytest.approx(train.cost_usd)


def test_without_a_forecast_and_prices_costs_are_unknown():
    found = report(records(), forecast=None)
    assert found.stages["train"].cost_usd is None
    assert found.totals.forecast_cost_usd is None
    assert found.totals.saved_by_cache_usd is None


def test_what_an_early_end_saved_is_the_price_of_the_steps_left():
    ended = {"limit_seconds": 60.0, "steps_left": 100, "saved_seconds": 36.0}
    train = StageRecord(stage="train", seconds=100.0, figures={"ended_early": ended})
    assert report(records(train=train)).totals.saved_by_early_end_usd == pytest.approx(0.01)
