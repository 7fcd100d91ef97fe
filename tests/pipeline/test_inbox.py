import json
import os

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app


@pytest.fixture
def inbox(small_demo, tmp_path):
    """One capture, of two photos."""
    folder = tmp_path / "inbox" / "few"
    folder.mkdir(parents=True)
    for name in small_demo.truth.names[:2]:
        (folder / name).write_bytes((small_demo.folder / name).read_bytes())
    return tmp_path / "inbox"


def run(inbox, *options):
    return CliRunner().invoke(app, ["inbox", str(inbox), *options])


def test_the_command_ends_with_the_status_of_the_worst_and_then_leaves_it_alone(inbox):
    result = run(inbox, "--quiet-minutes", "0")
    assert result.exit_code == 3
    assert "at least 3 are needed" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    output = inbox.with_name("inbox-scenes")
    assert [each["title"] for each in json.loads((output / "inbox-summary.json").read_text())["failed"]] == [
        "few"
    ]
    assert sorted(path.name for path in output.iterdir()) == [
        "few",
        "inbox-summary.json",
        "index.html",
        "run.log",
    ]

    result = run(inbox, "--quiet-minutes", "0")
    assert result.exit_code == 0
    assert "few: failed, and has not changed since" in result.stdout


def test_what_may_still_be_uploading_waits_for_the_next_pass(inbox, tmp_path):
    result = run(inbox, "--output", str(tmp_path / "out"))
    assert result.exit_code == 0
    assert "it may still be uploading" in result.stdout
    for photo in (inbox / "few").iterdir():
        os.utime(photo, (1_600_000_000, 1_600_000_000))
    assert run(inbox, "--output", str(tmp_path / "out")).exit_code == 3


def test_results_inside_the_inbox_and_an_inbox_that_is_not_there_are_refused(inbox):
    assert run(inbox, "--output", str(inbox / "out")).exit_code == 2
    result = run(inbox / "none")
    assert result.exit_code == 3
    assert "does not exist" in result.stderr
