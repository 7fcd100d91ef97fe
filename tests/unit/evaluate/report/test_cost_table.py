"""The page's table of times and costs."""

from components.evaluate.report.cost_table import cost_table
from components.shared.contracts.forecast import Forecast, StageForecast
from components.shared.contracts.record import StageRecord

STAGES = [
    StageRecord(stage="ingest", seconds=36.0, peak_memory_bytes=1000),
    StageRecord(stage="train", seconds=360.0, peak_memory_bytes=2000),
]


def forecast(usd_per_hour):
    stage = StageForecast(seconds=100, cpu_seconds=100, machine="m", usd_per_hour=usd_per_hour)
    return Forecast(
        photos=9,
        megapixels=1,
        steps=10,
        gaussians=10,
        relative_error=0.3,
        budget_usd=2.0,
        stages={"ingest": stage, "train": stage},
    )


def test_what_was_expected_stands_beside_what_it_took():
    table = cost_table(STAGES, forecast(1.0))
    assert [(row.stage, row.expected, row.cost) for row in table.rows] == [
        ("ingest", "1m40s expected", "$0.010"),
        ("train", "1m40s expected", "$0.10"),
    ]
    assert [row.percent_of_longest for row in table.rows] == [10.0, 100.0]
    assert table.lead == (
        "6m36s and $0.11 until this page was written. The whole run was expected to take 3m20s, $0.056, "
        "± 30%. Its budget was $2.00."
    )


def test_without_prices_there_are_no_dollars():
    table = cost_table(STAGES, forecast(None))
    assert {row.cost for row in table.rows} == {""}
    assert "$0" not in table.lead


def test_an_evaluation_alone_has_no_table():
    assert cost_table([], None) is None
