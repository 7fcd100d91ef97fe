import json
import time
from pathlib import Path

import pytest

from components.publish.scenes.version import release_version
from components.shared.errors import InputError
from components.shared.leases import own_id
from pipelines.inbox_to_sogs.plan import plan_pass, take_plan
from pipelines.inbox_to_sogs.settings import InboxSettings
from pipelines.inbox_to_sogs.sum_up import sum_up
from pipelines.inbox_to_sogs.summary_page import render_summary_page

NOW = InboxSettings(quiet_minutes=0)


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    for name in ("castle/1.jpg", "tower/1.jpg"):
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True)
        path.touch()
    return str(tmp_path / "inbox")


@pytest.fixture
def output(tmp_path):
    return str(tmp_path / "scenes")


def report(plan, title, failure=None):
    """What the run of a capture leaves at its end."""
    (output,) = (each.output for each in plan.captures if each.title == title)
    (Path(output) / "report.json").write_text(
        json.dumps({"status": "failed" if failure else "succeeded", "failure": failure})
    )
    release_version(output, own_id())


def begun(plan):
    return [each.title for each in plan.begun]


def test_a_retried_task_plans_the_same_and_two_runs_do_not_work_on_one_capture(inbox, output, monkeypatch):
    assert begun(plan_pass(inbox, output, NOW)) == ["castle", "tower"]
    assert begun(plan_pass(inbox, output, NOW)) == ["castle", "tower"]
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    assert begun(plan_pass(inbox, output, NOW)) == []


def test_a_changed_capture_becomes_a_new_version_and_the_old_one_stays(inbox, output, tmp_path, monkeypatch):
    first = plan_pass(inbox, output, NOW)
    report(first, "castle")
    report(first, "tower")
    (tmp_path / "inbox" / "castle" / "2.jpg").touch()
    monkeypatch.setattr("time.time", lambda: 2e9)
    second = plan_pass(inbox, output, NOW)
    assert begun(second) == ["castle"]
    assert second.begun[0].output.startswith(f"{output}/castle/20330518T033320Z-")
    assert (Path(first.begun[0].output) / "report.json").exists()


def test_a_capture_that_is_begun_again_goes_on_in_its_folder_until_it_is_given_up(inbox, output, monkeypatch):
    lost = {"type": "StageLostError", "stage": "", "message": "killed", "remedy": "again", "retryable": True}
    outputs = set()
    for number in range(3):
        monkeypatch.setenv("KUBESPLAT_RUN", f"run-{number}")
        plan = plan_pass(inbox, output, NOW)
        assert "castle" in begun(plan)
        outputs.add(plan.begun[0].output)
        report(plan, "castle", lost)
        if number == 0:
            report(plan, "tower")
    assert len(outputs) == 1
    monkeypatch.setenv("KUBESPLAT_RUN", "run-3")
    assert begun(plan_pass(inbox, output, NOW)) == []


def test_a_scene_of_kubesplat_0_1_is_recognized_and_stays_until_the_next_version(inbox, output, tmp_path):
    flat = tmp_path / "scenes" / "castle"
    flat.mkdir(parents=True)
    (flat / "report.json").write_text('{"status": "succeeded"}')
    (flat / "scene.sog").write_text("PK")
    plan = plan_pass(inbox, output, NOW)
    assert begun(plan) == ["tower"]
    assert [each.reason for each in plan.captures] == ["has a scene", "new"]
    latest = json.loads((flat / "latest.json").read_text())
    assert (latest["version"], latest["path"]) == ("", "")
    assert latest["files"] == {"report.json": 23, "scene.sog": 2}
    (tmp_path / "inbox" / "castle" / "2.jpg").touch()
    plan = plan_pass(inbox, output, NOW)
    assert begun(plan) == ["castle", "tower"]
    assert Path(plan.begun[0].output).parent == flat
    assert (flat / "report.json").exists()


def test_a_pass_begins_as_many_captures_as_it_may(inbox, output, monkeypatch):
    one = InboxSettings(quiet_minutes=0, captures_per_pass=1)
    plan = plan_pass(inbox, output, one)
    assert begun(plan) == ["castle"]
    assert plan.captures[1].reason == "waits for another pass: this one has begun 1"
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    plan = plan_pass(inbox, output, one)
    assert begun(plan) == ["tower"]
    assert plan.captures[0].reason == "run run-1 is working on it"


def test_a_lease_that_has_expired_is_taken_over_and_the_late_run_is_told(inbox, output, monkeypatch):
    first = plan_pass(inbox, output, InboxSettings(quiet_minutes=0, lease_hours=1e-6))
    time.sleep(0.01)
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    assert begun(plan_pass(inbox, output, NOW)) == ["castle", "tower"]
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    summary = sum_up(inbox, output)
    assert [each["reason"] for each in summary["skipped"]] == ["run run-2 has taken it over"] * 2
    assert summary["failed"] == []
    assert len(first.begun) == 2


def test_the_plan_is_taken_once(inbox, output):
    plan = plan_pass(inbox, output, NOW)
    assert take_plan(output) == plan
    assert take_plan(output) is None


def test_a_capture_without_a_report_was_lost(inbox, output):
    report(plan_pass(inbox, output, NOW), "tower")
    summary = sum_up(inbox, output)
    assert [each["title"] for each in summary["processed"]] == ["tower"]
    (lost,) = summary["failed"]
    assert (lost["title"], lost["failure"]["type"], lost["failure"]["retryable"]) == (
        "castle",
        "StageLostError",
        True,
    )


def test_an_inbox_that_could_not_be_listed_is_told(inbox, output):
    summary = sum_up(inbox, output)
    assert summary["failure"]["type"] == "StageLostError"
    assert "Nothing was begun" in render_summary_page(summary)


def test_names_do_not_break_the_page(inbox, output, tmp_path):
    (tmp_path / "inbox" / "a|b_<i>").mkdir()
    (tmp_path / "inbox" / "a|b_<i>" / "1.jpg").touch()
    plan_pass(inbox, output, NOW)
    page = render_summary_page(sum_up(inbox, output))
    assert "0 processed, 3 failed, 0 skipped" in page
    assert r"| a\|b\_\<i\> | it was stopped before any result |" in page


@pytest.mark.parametrize("inside", ["", "/scenes"])
def test_results_inside_the_inbox_are_refused(inbox, inside):
    with pytest.raises(InputError, match="inside the inbox"):
        plan_pass(inbox, inbox + inside, NOW)
