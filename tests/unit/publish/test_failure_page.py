from dataclasses import replace
from html.parser import HTMLParser

import pytest

from components.publish.failure_page import render_failure_page
from components.shared.contracts.capture import CaptureFigures, ImageVerdict, RejectedImage
from components.shared.contracts.inspection import InspectionFigures, UnexpectedPhoto
from components.shared.contracts.report import Report, RunStatus
from components.shared.errors import Failure

FAILURE = Failure("InputError", "ingest", "2 photos & no more", "Take more.", retryable=False)
REJECTED = RejectedImage(name="<b>.jpg", verdict=ImageVerdict.CORRUPT, reason="")


def texts(failure=FAILURE, rejected=(REJECTED,), **capture):
    capture = CaptureFigures(images=2, accepted=1, rejected=list(rejected), **capture)
    return texts_of(Report(status=RunStatus.FAILED, failure=failure, capture=capture))


def texts_of(report):
    found = []
    parser = HTMLParser()
    parser.handle_data = found.append
    parser.feed(render_failure_page(report))
    return [text.strip() for text in found]


def test_the_page_shows_cause_remedy_and_photos_as_text():
    found = texts()
    assert "2 photos & no more" in found
    assert "Take more." in found
    assert found[found.index("<b>.jpg") + 1] == "corrupt"


def test_without_unused_photos_there_is_no_table():
    assert "Photos that were not used" not in texts(rejected=())


def test_the_page_shows_notes_and_changes():
    found = texts(notes=["<i>.png was left out."], changes={"HEIF to JPEG": 1})
    shown = [text for text in found[found.index("About the capture") :] if text]
    assert shown[1:3] == ["<i>.png was left out.", "1 photo was converted: HEIF to JPEG."]
    assert "About the capture" not in texts()


@pytest.mark.parametrize(
    ("retryable", "advice"),
    [(True, "running again can help"), (False, "running again unchanged will not help")],
)
def test_the_page_says_whether_running_again_can_help(retryable, advice):
    failure = Failure("StorageError", "", "the store was away", "Check it.", retryable)
    assert f"StorageError · {advice}" in texts(failure)


def test_the_page_shows_what_an_inspection_expected_of_the_photos():
    inspection = InspectionFigures(
        verdicts={"expected": 7, "other component": 1},
        expected_registered=7,
        unexpected=[UnexpectedPhoto(name="far.jpg", verdict="other component", reason="")],
        notes=["The photos fall into parts."],
        gaussians=300_000,
        seconds=75.0,
        cost_usd=0.5,
    )
    failure = replace(FAILURE, stage="inspect")
    found = texts_of(Report(status=RunStatus.FAILED, failure=failure, inspection=inspection))
    shown = [text for text in found[found.index("About the capture") :] if text]
    assert shown[1:4] == [
        "The photos fall into parts.",
        "The inspection expected 7 of 8 photos to fit together (1 other component).",
        "Its forecast: up to 300,000 Gaussians, 1m15s, $0.50.",
    ]
    assert found[found.index("far.jpg") + 1] == "other component"
