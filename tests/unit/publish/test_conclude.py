import json
from html.parser import HTMLParser

import pytest

from components.publish.conclude import conclude, forget_run
from components.publish.settings import PublishSettings
from components.shared.errors import InputError, QualityGateError
from components.shared.stage import run_stage


def fail_stage(folder, message):
    with pytest.raises(SystemExit):
        _ingest_and_fail(folder, message)


def _ingest_and_fail(folder, message):
    with run_stage("ingest", output=str(folder)) as record:
        record.figures = {"images": 2, "rejected": [{"name": "<b>.jpg", "verdict": "corrupt"}]}
        raise InputError(message, remedy="Take more.")


def test_a_failure_leaves_a_report_for_programs_and_a_page_for_people(tmp_path):
    fail_stage(tmp_path, "2 photos & no more")
    report = conclude(str(tmp_path), succeeded=False, settings=PublishSettings())
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert report["failure"]["message"] == "2 photos & no more"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_the_page_shows_cause_remedy_and_photos_as_text(tmp_path):
    fail_stage(tmp_path, "2 photos & no more")
    conclude(str(tmp_path), succeeded=False, settings=PublishSettings())
    words = []
    parser = HTMLParser()
    parser.handle_data = words.append
    parser.feed((tmp_path / "report.html").read_text())
    assert "2 photos & no more" in words
    assert " Take more." in words
    assert "<b>.jpg" in words


def test_an_earlier_run_is_forgotten(tmp_path):
    fail_stage(tmp_path, "two")
    conclude(str(tmp_path), succeeded=False, settings=PublishSettings())
    fail_stage(tmp_path, "two")
    forget_run(str(tmp_path), goes_on=False)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_success_leaves_the_page_alone(tmp_path):
    (tmp_path / "report.html").write_text("the run's own")
    with run_stage("ingest", output=str(tmp_path)):
        pass
    report = conclude(str(tmp_path), succeeded=True, settings=PublishSettings())
    assert report["status"] == "succeeded"
    assert (tmp_path / "report.html").read_text() == "the run's own"


def test_the_full_report_of_a_scene_that_was_not_good_enough_stays(tmp_path):
    (tmp_path / "report.html").write_text("render beside photo")
    with pytest.raises(SystemExit), run_stage("evaluate", output=str(tmp_path)):
        raise QualityGateError("12 dB", remedy="Train longer.")
    report = conclude(str(tmp_path), succeeded=False, settings=PublishSettings())
    assert report["failure"]["type"] == "QualityGateError"
    assert (tmp_path / "report.html").read_text() == "render beside photo"
