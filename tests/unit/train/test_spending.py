"""What a budget leaves for training."""

import pytest

from components.shared.contracts.forecast import Forecast, StageForecast
from components.shared.contracts.record import StageRecord
from components.shared.errors import BudgetError
from components.shared.run_layout import record_name
from components.shared.stage_clock import StageClock
from components.shared.stages import STAGE_NAMES
from components.shared.storage import open_storage, put_json
from components.shared.stored_forecast import store_forecast
from components.shared.tries import Tries
from components.train.settings import TrainSettings
from components.train.spending import within_budget


@pytest.fixture
def output(tmp_path):
    """A dollar an hour for each node; 0.1 spent; 0.1 each for training and the three stages after it."""
    storage = open_storage(str(tmp_path))
    stage = StageForecast(seconds=360, cpu_seconds=360, machine="m", usd_per_hour=1.0)
    forecast = Forecast(
        photos=10,
        megapixels=1,
        steps=7000,
        gaussians=1000,
        relative_error=0.3,
        stages=dict.fromkeys(STAGE_NAMES, stage),
    )
    store_forecast(storage, forecast)
    put_json(storage, record_name("sfm"), StageRecord(stage="sfm", seconds=360).to_json())
    return storage


def minutes(output, budget, earlier=Tries(), **given):  # noqa: B008  # immutable
    settings = TrainSettings(budget_usd=budget, **given)
    return within_budget(settings, output, earlier, StageClock()).max_minutes


def test_without_a_budget_nothing_changes(output):
    settings = TrainSettings()
    assert within_budget(settings, output, Tries(), StageClock()) is settings


def test_a_training_that_is_too_expensive_does_not_start(output):
    with pytest.raises(BudgetError) as caught:
        minutes(output, 0.45)
    assert caught.value.exit_code == 4
    assert not caught.value.retryable
    assert caught.value.message == (
        "the run is expected to cost $0.40 (± 30%) from the stage `train` on, and $0.35 is left of its "
        "budget of $0.45"
    )
    assert "--budget-usd" in caught.value.remedy


def test_what_is_left_limits_training_with_a_reserve(output):
    assert minutes(output, 1.0) == pytest.approx(0.85 * 36, rel=0.01)


def test_a_shorter_limit_of_the_user_stays(output):
    assert minutes(output, 1.0, max_minutes=5.0) == 5.0


def test_a_second_try_has_what_the_first_left_and_always_starts(output):
    assert minutes(output, 1.0, Tries(1, seconds=1800)) == pytest.approx(0.85 * 6, rel=0.01)
    assert minutes(output, 1.0, Tries(1, seconds=3600)) == 0.01
