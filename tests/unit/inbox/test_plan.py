import json

import pytest

from components.shared.errors import InputError
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


def report(tmp_path, title, failure=None):
    path = tmp_path / "scenes" / title / "report.json"
    path.write_text(json.dumps({"status": "failed" if failure else "succeeded", "failure": failure}))


def begun(plan):
    return [each.title for each in plan.begun]


def test_a_retried_task_plans_the_same_and_two_runs_do_not_work_on_one_capture(inbox, output, monkeypatch):
    assert begun(plan_pass(inbox, output, NOW)) == ["castle", "tower"]
    assert begun(plan_pass(inbox, output, NOW)) == ["castle", "tower"]
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    assert begun(plan_pass(inbox, output, NOW)) == []


def test_the_report_of_an_earlier_state_goes_when_a_changed_capture_is_begun(inbox, output, tmp_path):
    plan_pass(inbox, output, NOW)
    report(tmp_path, "castle")
    report(tmp_path, "tower")
    (tmp_path / "inbox" / "castle" / "2.jpg").touch()
    assert begun(plan_pass(inbox, output, NOW)) == ["castle"]
    assert not (tmp_path / "scenes" / "castle" / "report.json").exists()
    assert (tmp_path / "scenes" / "tower" / "report.json").exists()


def test_passes_are_counted_until_a_capture_is_given_up(inbox, output, tmp_path, monkeypatch):
    lost = {"type": "StageLostError", "stage": "", "message": "killed", "remedy": "again", "retryable": True}
    for number in range(3):
        monkeypatch.setenv("KUBESPLAT_RUN", f"run-{number}")
        assert "castle" in begun(plan_pass(inbox, output, NOW))
        report(tmp_path, "castle", lost)
        report(tmp_path, "tower")
    monkeypatch.setenv("KUBESPLAT_RUN", "run-3")
    assert begun(plan_pass(inbox, output, NOW)) == []


def test_a_scene_from_elsewhere_is_noticed_to_be_old_once_the_capture_changes(inbox, output, tmp_path):
    (tmp_path / "scenes" / "castle").mkdir(parents=True)
    report(tmp_path, "castle")
    assert begun(plan_pass(inbox, output, NOW)) == ["tower"]
    (tmp_path / "inbox" / "castle" / "2.jpg").touch()
    assert "castle" in begun(plan_pass(inbox, output, NOW))


def test_the_plan_is_taken_once(inbox, output):
    plan = plan_pass(inbox, output, NOW)
    assert take_plan(output) == plan
    assert take_plan(output) is None


def test_a_capture_without_a_report_was_lost(inbox, output, tmp_path):
    plan_pass(inbox, output, NOW)
    report(tmp_path, "tower")
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
