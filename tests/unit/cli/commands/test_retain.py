import re
import time

import pytest
from typer.testing import CliRunner

from components.publish.scenes.latest import switch_latest
from components.shared.contracts.report import Report
from pipelines.cli.main import app
from tests.unit.publish.scenes.make_scenes import DAY, NOW, make_version


@pytest.fixture
def scenes(tmp_path):
    for number in (1, 2, 3):
        age_days = (NOW - time.time()) / DAY + 10 * (4 - number)
        folder = make_version(tmp_path, "castle", f"2026010{number}T000000Z-aaaaaa", age_days=age_days)
        switch_latest(str(folder), Report.read(folder / "report.json"))
    return tmp_path


def retain(scenes, *options):
    return CliRunner().invoke(app, ["retain", str(scenes), *options])


def versions(scenes):
    return sorted(path.name[:8] for path in (scenes / "castle").iterdir() if path.is_dir())


def test_it_shows_first_and_deletes_when_told_to(scenes):
    shown = retain(scenes, "--keep-versions", "1")
    assert shown.exit_code == 0
    assert re.findall(r"castle/(\d+).* MB  (.*)", shown.stdout) == [
        ("20260102", "newer good versions: 1"),
        ("20260101", "newer good versions: 2"),
    ]
    assert "would be deleted; --delete deletes them" in shown.stdout
    assert versions(scenes) == ["20260101", "20260102", "20260103"]
    assert "versions: 2, 0.2 MB, deleted" in retain(scenes, "--keep-versions", "1", "--delete").stdout
    assert versions(scenes) == ["20260103"]


def test_age_alone(scenes):
    assert "versions: 1," in retain(scenes, "--keep-days", "25").stdout


def test_without_a_limit_nothing_is_looked_at(scenes):
    result = retain(scenes, "--delete")
    assert result.exit_code == 2
    assert versions(scenes) == ["20260101", "20260102", "20260103"]
