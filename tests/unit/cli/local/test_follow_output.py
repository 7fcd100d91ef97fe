"""`kubesplat status FOLDER`: a run's progress from its files, without a cluster."""

import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from components.publish.conclude import conclude
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.contracts.record import StageRecord
from components.shared.errors import InputError
from components.shared.progress import Progress, reporter
from components.shared.run_layout import record_name
from components.shared.share_progress import share_progress
from components.shared.stage import run_stage
from components.shared.storage import open_storage, put_json
from components.shared.timeline import Timeline
from pipelines.cli.display.follower import PlainFollower, TerminalFollower, render_state
from pipelines.cli.local import follow_output
from pipelines.cli.main import app


def status(folder, *options):
    return CliRunner().invoke(app, ["status", str(folder), *options])


def end_run(folder, state=RunState.SUCCEEDED):
    conclude(str(folder), state=state, settings=PublishSettings())


def event(time, stage, phase, fraction, note=""):
    return {
        "time": time,
        "stage": stage,
        "phase": phase,
        "fraction": fraction,
        "note": note,
        "starts_pace": False,
    }


def training(at, step, fraction):
    timeline = Timeline(started=100.0)
    timeline.add(event(100.0, "train", "start", 0.0))
    timeline.add(event(at, "train", f"Iter {step}", fraction, "Loss=0.0250"))
    return timeline.describe(at)


def test_the_stages_are_shown(tmp_path):
    with run_stage("ingest", output=str(tmp_path)):
        pass
    result = status(tmp_path)
    assert result.exit_code == 0
    assert "✓ ingest" in result.stdout
    assert "· train" in result.stdout
    facts = json.loads(status(tmp_path, "--json").stdout)
    assert (facts["status"], facts["stages"]["ingest"]["state"]) == ("running", "done")


def test_a_folder_without_a_run_is_refused(tmp_path):
    result = status(tmp_path)
    assert result.exit_code == 3
    assert "has no progress.json" in result.stderr


def test_a_run_is_followed_from_before_its_start_to_its_end(tmp_path, monkeypatch):
    def begin(stage):
        with share_progress(stage, str(tmp_path)):  # run_stage is for main threads
            reporter(stage)(Progress("start", 0.0))

    def end():
        record = StageRecord(stage="publish").to_json()
        put_json(open_storage(str(tmp_path)), record_name("publish"), record)
        end_run(tmp_path)

    between_polls = iter([partial(begin, "train"), partial(begin, "publish"), end])
    monkeypatch.setattr(follow_output, "time", SimpleNamespace(sleep=lambda _: next(between_polls)()))
    result = status(tmp_path, "--follow")
    assert result.exit_code == 0
    assert "Waiting for the first stage" in result.stderr
    assert "train: start" in result.stderr
    assert "The scene is done" in result.stdout


def test_a_failed_run_ends_with_its_status_and_cause(tmp_path):
    with pytest.raises(SystemExit), run_stage("ingest", output=str(tmp_path)):
        raise InputError("2 photos", remedy="Take more.")
    end_run(tmp_path, RunState.FAILED)
    result = status(tmp_path, "--follow")
    assert result.exit_code == 3
    assert "2 photos" in result.stderr
    assert "✗ ingest" in status(tmp_path).stdout
    assert status(tmp_path).stdout.startswith("failed after ")


def test_plain_lines_come_when_another_stage_runs_and_every_half_minute():
    console = Console(file=io.StringIO())
    follower = PlainFollower(console)
    for seconds in range(0, 70, 5):
        follower.show(training(140.0 + seconds, 1000 + seconds, 0.4))
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0] == "train: Iter 1000: Loss=0.0250, 1m00s left; 34% of the run, about 1m18s left"


def test_no_plain_line_tells_of_a_stage_that_has_ended():
    console = Console(file=io.StringIO())
    progress = training(140.0, 1000, 0.4)
    failed = progress.stages["train"].replace(state="failed")
    PlainFollower(console).show(progress.replace(status="failed", stages={"train": failed}))
    assert console.file.getvalue() == ""


def test_a_terminal_shows_a_line_per_stage():
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    with TerminalFollower(console) as follower:
        follower.show(training(140.0, 1000, 0.4))
    assert "▸ train" in console.file.getvalue()
    assert "40s so far, about 1m18s left" in console.file.getvalue()


@pytest.mark.parametrize(("silence", "noted"), [(60, False), (1200, True)])
def test_a_run_that_fell_silent_is_noted(silence, noted):
    progress = training(140.0, 1000, 0.4)
    console = Console(file=io.StringIO(), width=200)
    console.print(render_state(progress, datetime.fromtimestamp(140.0, UTC) + timedelta(seconds=silence)))
    assert ("No news for 20m00s" in console.file.getvalue()) == noted


def begin_capture(scenes, title, version=""):
    """The output of a capture that a pass has begun."""
    entry = {"schema": 1, "capture": title, "fingerprint": "a", "run": "r", "begun_at": 0.0, "passes": 1}
    put_json(open_storage(str(scenes)), f"{title}/inbox.json", {**entry, "version": version})
    return scenes / title / version


def test_the_captures_of_an_inbox_are_listed(tmp_path):
    done, failed, running = (begin_capture(tmp_path, title, "v1") for title in ("garden", "lake", "barn"))
    begin_capture(tmp_path, "attic")
    with run_stage("publish", output=str(done)):
        pass
    end_run(done)
    with pytest.raises(SystemExit), run_stage("sfm", output=str(failed)):
        raise InputError("2 photos overlap", remedy="Take more.")
    end_run(failed, RunState.FAILED)
    with run_stage("ingest", output=str(running)):
        pass
    found = {each["capture"]: each for each in json.loads(status(tmp_path, "--json").stdout)}
    assert list(found) == ["attic", "barn", "garden", "lake"]
    states = {title: each["state"] for title, each in found.items()}
    assert states == {"attic": "waiting", "barn": "running", "garden": "done", "lake": "failed"}
    assert found["lake"]["stage"] == "sfm"
    assert found["lake"]["failure"]["message"] == "2 photos overlap"
    assert found["garden"]["output"] == str(done)
    assert "%" in found["barn"]["stage"]
    shown = status(tmp_path).stdout
    assert "2 photos overlap" in next(line for line in shown.splitlines() if line.startswith("lake"))
