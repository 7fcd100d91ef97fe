import io

import pytest
from rich.console import Console

from components.shared.contracts.forecast import Forecast, StageForecast
from components.shared.timeline import Timeline
from pipelines.cli.display.run_progress import PlainDisplay, render_progress


def event(time, stage, phase, fraction, note="", starts_pace=False):
    facts = {"stage": stage, "phase": phase, "fraction": fraction, "note": note, "starts_pace": starts_pace}
    return {"time": float(time), **facts}


RUN = [
    event(100, "ingest", "start", 0.0),
    event(102, "ingest", "done", 1.0),
    event(102, "sfm", "start", 0.0),
    event(127, "sfm", "done", 1.0),
    event(127, "train", "start", 0.0),
    event(147, "train", "Iter 1000", 0.4, "Loss=0.0250, Gaussians=15000, PSNR=24.10"),
]


def forecast_of(**seconds):
    """Of these stages, and of the others 20 s each."""
    times = dict.fromkeys(("sfm", "train", "compress", "evaluate", "publish"), 20.0) | seconds
    stages = {
        name: StageForecast(seconds=time, cpu_seconds=time, machine="this machine")
        for name, time in times.items()
    }
    return Forecast(photos=24, megapixels=1.0, steps=7000, gaussians=9000, relative_error=0.3, stages=stages)


@pytest.fixture
def timeline():
    timeline = Timeline(started=100.0)
    for each in RUN:
        timeline.add(each)
    return timeline


def rendered(timeline, now, width=100):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(render_progress(timeline.describe(now)))
    return console.file.getvalue().splitlines()


def test_states_follow_the_events(timeline):
    states = {name: line.state for name, line in timeline.stages.items()}
    assert states == {
        "ingest": "done",
        "sfm": "done",
        "train": "running",
        "compress": "waiting",
        "evaluate": "waiting",
        "publish": "waiting",
    }
    assert timeline.stages["sfm"].seconds(1e9) == 25


def test_an_inspection_has_a_line_from_its_first_event_on():
    timeline = Timeline(started=100.0)
    timeline.expect(forecast_of(inspect=20.0, ingest=2.0))
    timeline.add(event(100, "inspect", "start", 0.0))
    timeline.add(event(110, "inspect", "find features", 0.5))
    assert list(timeline.stages)[:2] == ["inspect", "ingest"]
    assert timeline.seconds_left(110.0) == pytest.approx(10 + 102)
    resumed = Timeline.resumed(timeline.describe(110.0))
    assert resumed.stages["inspect"].seconds(120.0) == 20
    resumed.add(event(125, "ingest", "start", 0.0))
    assert (resumed.stages["inspect"].state, resumed.stages["ingest"].state) == ("done", "running")


def test_time_left_of_a_stage_and_of_the_run(timeline):
    assert timeline.stages["train"].seconds_left(147.0) == pytest.approx(30)
    # 2 + 25 + 50 seconds for 89 % of a typical run; 11 % are still to come.
    assert timeline.seconds_left(147.0) == pytest.approx(30 + 77 / 0.89 * 0.11)


def test_a_stage_that_has_hardly_begun_is_expected_to_take_its_share():
    timeline = Timeline(started=100.0)
    for each in RUN[:5]:
        timeline.add(each)
    began = timeline.stages["train"].started
    timeline.add(event(began + 20, "train", "Iter 1", 0.0203))  # 2 % for photos that are loaded
    assert timeline.stages["train"].seconds_left(began + 20) is None
    # 2 + 25 seconds for 29 % of a typical run; 71 % are still to come, of which 20 seconds have passed.
    assert timeline.seconds_left(began + 20) == pytest.approx(27 / 0.29 * 0.71 - 20)


def test_time_left_after_resuming_counts_from_where_it_was_taken_up():
    timeline = Timeline(started=100.0)
    timeline.add(event(100, "train", "start", 0.0))
    timeline.add(event(300, "train", "Iter 2000", 0.4))
    timeline.add(event(310, "train", "start", 0.0))
    timeline.add(event(320, "train", "Iter 1501", 0.3, starts_pace=True))
    assert timeline.stages["train"].seconds_left(320.0) is None
    timeline.add(event(340, "train", "Iter 2000", 0.4))
    assert timeline.stages["train"].seconds_left(340.0) == pytest.approx(120)
    assert timeline.stages["train"].seconds(340.0) == 240


def test_no_time_left_is_invented_while_nothing_is_known():
    timeline = Timeline(started=100.0)
    assert timeline.seconds_left(101.0) is None
    timeline.add(event(100, "ingest", "start", 0.0))
    timeline.add(event(101, "ingest", "check", 0.5))
    assert timeline.seconds_left(102.0) is None


def test_nothing_is_left_at_the_end(timeline):
    for stage in ("train", "compress", "evaluate", "publish"):
        timeline.add(event(200, stage, "start", 0.0))
        timeline.add(event(200, stage, "done", 1.0))
    assert timeline.seconds_left(200.0) == 0


def test_terminal_shows_a_line_per_stage_with_bar_percent_and_time_left(timeline):
    lines = rendered(timeline, 147.0)
    assert lines[0].rstrip() == "47s so far, about 40s left"
    assert len(lines) == 7
    assert lines[1].startswith("✓ ingest")
    assert lines[3].startswith("▸ train")
    assert " 40% 30s left" in lines[3]
    assert "Iter 1000: Loss=0.0250" in lines[3]
    assert lines[4].rstrip() == "· compress"


def test_terminal_fits_a_narrow_window(timeline):
    assert all(len(line) <= 60 for line in rendered(timeline, 147.0, width=60))


def test_a_failed_stage_is_marked(timeline):
    timeline.fail("train", 150.0)
    line = rendered(timeline, 190.0)[3]
    assert line.startswith("✗ train")
    assert "23s" in line


def long_training():
    seconds = {"ingest": 2, "sfm": 25, "train": 900, "compress": 50, "evaluate": 15, "publish": 8}
    stages = {
        name: StageForecast(seconds=each, cpu_seconds=each, machine="this") for name, each in seconds.items()
    }
    return Forecast(
        photos=20, megapixels=0.5, steps=20_000, gaussians=15_000, relative_error=0.2, stages=stages
    )


def test_a_forecast_tells_the_shares_of_the_stages(timeline):
    timeline.expect(long_training())
    # 2 + 25 + 50 seconds for 92.7 % of the run; 7.3 % are still to come.
    assert timeline.seconds_left(147.0) == pytest.approx(30 + 77 / 0.927 * 0.073)


def plain(events, forecast=None):
    stream = io.StringIO()
    display = PlainDisplay(Console(file=stream), Timeline(started=0.0), lambda: forecast)
    for each in events:
        display.show(each)
    return stream.getvalue().splitlines()


def test_plain_lines_name_figures_and_time_left():
    assert plain(RUN) == [
        "ingest: start",
        "ingest: done in 2s",
        "sfm: start",
        "sfm: done in 25s, about 1m06s left",
        "train: start",
        "train: Iter 1000: Loss=0.0250, Gaussians=15000, PSNR=24.10, 30s left",
    ]


def test_no_end_is_promised_before_a_training_that_is_nearly_all_of_the_run():
    assert plain(RUN[:4], long_training())[-1] == "sfm: done in 25s"


def test_a_stage_ends_once_in_plain_lines():
    assert plain([*RUN[:2], event(102, "ingest", "done", 1.0)]) == ["ingest: start", "ingest: done in 2s"]


def test_plain_lines_come_at_a_calm_rate():
    steps = [event(200 + i / 10, "train", f"Iter {i}", i / 1000) for i in range(1000)]
    assert len(plain(steps)) == 10
