import json

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.service.kubeflow_server import Fault

INBOX = "s3://bucket/inbox"


@pytest.fixture(scope="session")
def inbox_package(tmp_path_factory):
    from pipelines.inbox_to_sogs.pipeline import define_inbox_to_sogs
    from pipelines.task_settings.write_package import write_package

    return write_package(define_inbox_to_sogs, tmp_path_factory.mktemp("inbox-package"))


def schedule(*arguments):
    return CliRunner().invoke(
        app, ["schedule", *(str(argument) for argument in arguments)], env={"COLUMNS": "200"}
    )


@pytest.fixture
def create(inbox_package):
    return lambda *arguments: schedule("create", INBOX, "--package", inbox_package, *arguments)


def test_a_cron_of_five_fields_becomes_one_of_six(kubeflow, create):
    result = create("--cron", "30 3 * * 1-5", "--set", "preset=quality", "--set", "quiet_minutes=10")
    assert result.exit_code == 0, result.stderr
    (made,) = kubeflow.schedules.values()
    assert made.trigger.cron_schedule.cron == "0 30 3 * * 1-5"
    assert made.trigger.periodic_schedule is None
    assert (made.display_name, made.mode, made.max_concurrency, made.no_catchup) == (
        "inbox",
        "ENABLE",
        "1",
        True,
    )
    assert made.runtime_config.parameters == {"inbox": INBOX, "preset": "quality", "quiet_minutes": 10}
    assert (
        "Scheduled 'inbox': cron 0 30 3 * * 1-5 (UTC, or the time zone in Kubeflow's CRON_SCHEDULE_TIMEZONE"
        in result.stdout
    )
    assert f"/#/recurringrun/details/{made.recurring_run_id}" in result.stdout
    body = kubeflow.last("create_recurring_run").body
    assert body["pipeline_spec"]["pipeline_spec"]["pipelineInfo"]["name"] == "inbox-to-sogs"


def test_addresses_are_handed_on_byte_for_byte(kubeflow, inbox_package):
    odd = "s3://bucket/in #1 ?a=%20+ {{x}} 'p'"
    options = ["--every", "1h", "--package", inbox_package, "--output", f"{odd}-out"]
    assert schedule("create", f"{odd}/", *options).exit_code == 0
    (made,) = kubeflow.schedules.values()
    assert made.runtime_config.parameters == {"inbox": f"{odd}/", "output": f"{odd}-out"}
    assert made.display_name == "in #1 ?a=%20+ {{x}} 'p'"


def test_without_a_package_the_inbox_is_compiled(kubeflow):
    assert schedule("create", INBOX, "--every", "1h").exit_code == 0
    assert kubeflow.count("create_recurring_run") == 1


def test_an_interval_that_begins_later(kubeflow, create):
    result = create("--every", "15m", "--disabled", "--name", "nightly", "--output", "s3://bucket/scenes")
    (made,) = kubeflow.schedules.values()
    assert made.trigger.periodic_schedule.interval_second == "900"
    assert (made.mode, made.runtime_config.parameters["output"]) == ("DISABLE", "s3://bucket/scenes")
    assert "Start it: kubesplat schedule enable nightly" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give one of --cron and --every"),
        (["--cron", "* * * * *", "--every", "1h"], "give one of --cron and --every"),
        (["--cron", "* * *"], "with 3 fields"),
        (["--cron", "99 * * * *"], "the minute in cron is '99'; it must be * or 0 to 59"),
        (["--every", "10s"], "every is '10s'; it must be a minute or more"),
        (["--every", "1h", "--set", "speed=1"], "speed is no parameter"),
        (["--every", "1h", "--output", "scenes"], "is no s3://bucket/prefix"),
    ],
)
def test_wrong_usage_makes_nothing(kubeflow, create, arguments, words):
    result = create(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert kubeflow.requests == []


def test_a_name_is_given_once(kubeflow, create):
    assert create("--every", "1h").exit_code == 0
    result = create("--every", "2h")
    assert result.exit_code == 5
    assert "there is a schedule called 'inbox' already" in result.stderr
    assert len(kubeflow.schedules) == 1


def test_a_schedule_whose_answer_is_lost_is_not_made_twice(kubeflow, create):
    kubeflow.faults.append(Fault("create_recurring_run", breaks_off=True, after_work=True))
    assert create("--every", "1h").exit_code == 0
    assert (len(kubeflow.schedules), kubeflow.count("create_recurring_run")) == (1, 1)


def test_list(kubeflow, create):
    assert "There are no schedules" in schedule("list").stdout
    create("--cron", "0 3 * * *")
    create("--every", "15m", "--name", "often", "--disabled")
    lines = schedule("list").stdout.splitlines()
    rows = {line.split()[0]: " ".join(line.split()) for line in lines if line}
    assert rows["inbox"].startswith(f"inbox cron 0 0 3 * * * enabled {INBOX}")
    assert rows["often"].startswith(f"often every 15m disabled {INBOX}")
    assert lines[-1] == "Times are UTC, or the time zone in Kubeflow's CRON_SCHEDULE_TIMEZONE."
    facts = {each["name"]: each for each in json.loads(schedule("list", "--json").stdout)}
    assert (facts["inbox"]["cron"], facts["often"]["interval_seconds"]) == ("0 0 3 * * *", 900)


def test_switch_and_delete(kubeflow, create):
    create("--every", "1h")
    (made,) = kubeflow.schedules.values()
    kubeflow.faults.append(Fault("disable_recurring_run", status=503))
    assert "'inbox' is disabled" in schedule("disable", "inbox").stdout
    assert made.status == "DISABLED"
    assert "'inbox' is enabled" in schedule("enable", made.recurring_run_id).stdout
    assert made.status == "ENABLED"
    assert "Deleted 'inbox'" in schedule("delete", "inbox").stdout
    assert kubeflow.schedules == {}
    assert schedule("delete", "inbox").exit_code == 2


def test_a_schedule_whose_run_is_under_way_is_disabled_and_kept(kubeflow, create):
    """Kubernetes would delete that run's workflow with it."""
    create("--every", "1h")
    (made,) = kubeflow.schedules.values()
    run = kubeflow.add_run(display_name="pass 1", recurring_run_id=made.recurring_run_id)
    refused = schedule("delete", "inbox")
    assert refused.exit_code == 5
    assert f"kubesplat status {run.run_id} --wait" in refused.stderr
    assert made.status == "DISABLED"
    run.state = "SUCCEEDED"
    assert schedule("delete", "inbox").exit_code == 0
    assert kubeflow.schedules == {}


def test_a_deletion_whose_answer_is_lost_has_been_done(kubeflow, create):
    create("--every", "1h")
    kubeflow.faults.append(Fault("delete_recurring_run", breaks_off=True, after_work=True))
    assert schedule("delete", "inbox").exit_code == 0
    assert kubeflow.schedules == {}
