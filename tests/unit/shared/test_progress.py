import io
import json

from components.shared import progress
from components.shared.environment import PROGRESS_FILE_VARIABLE
from components.shared.progress import Pace, Progress


def test_lines_carry_the_figures_and_the_time_left():
    step = Progress("Iter 1000", 0.25, "Loss=0.0250, Gaussians=15000, PSNR=24.10")
    text = progress.line("train", step, 200.0)
    assert text == "train: Iter 1000: Loss=0.0250, Gaussians=15000, PSNR=24.10, 3m20s left"


def test_no_time_left_is_invented_before_anything_is_done():
    assert Pace(100.0).seconds_left(0.0, 130.0) is None
    assert Pace(100.0).seconds_left(0.04, 130.0) is None
    assert Pace(100.0, fraction=0.8).seconds_left(0.805, 130.0) is None
    assert Pace(100.0).seconds_left(0.5, 130.0) == 30.0


def test_work_of_an_earlier_try_says_nothing_about_the_speed(monkeypatch):
    monkeypatch.delenv(PROGRESS_FILE_VARIABLE, raising=False)
    clock = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    report = progress.reporter("train", stream=stream)
    report(Progress("Iter 4001", 0.8, starts_pace=True))
    report(Progress("Iter 4250", 0.85))
    assert stream.getvalue().splitlines() == ["train: Iter 4001", "train: Iter 4250: 30s left"]


def test_durations_read_well():
    seconds = (0.4, 59, 60, 200, 3900)
    assert [progress.duration(s) for s in seconds] == ["0s", "59s", "1m00s", "3m20s", "1h05m"]


def test_plain_lines_come_at_a_calm_rate_and_the_last_one_always(monkeypatch):
    monkeypatch.delenv(PROGRESS_FILE_VARIABLE, raising=False)
    stream = io.StringIO()
    report = progress.reporter("sfm", stream=stream, every_seconds=60)
    for done in range(11):
        report(Progress("match images", done / 10))
    assert stream.getvalue().splitlines() == ["sfm: match images", "sfm: match images"]


def test_the_command_line_gets_one_json_line_for_each_report(monkeypatch, tmp_path):
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(PROGRESS_FILE_VARIABLE, str(path))
    report = progress.reporter("train")
    report(Progress("Iter 1", 0.1, "Loss=0.5"))
    report(Progress("Iter 2", 0.2))
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [tuple(e.values())[1:] for e in events] == [
        ("train", "Iter 1", 0.1, "Loss=0.5", False),
        ("train", "Iter 2", 0.2, "", False),
    ]


def test_a_part_of_the_work_reports_within_its_range():
    seen = []
    report = progress.within(seen.append, 0.2, 0.6)
    for fraction in (0.0, 0.5, 1.0):
        report(Progress("check", fraction, "note", starts_pace=True))
    assert [each.fraction for each in seen] == [0.2, 0.4, 0.6]
    assert {(each.phase, each.note, each.starts_pace) for each in seen} == {("check", "note", True)}
