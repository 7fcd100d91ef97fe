import pytest

from components.shared.contracts.report import Report, RunStatus
from components.shared.errors import Failure, InputError
from pipelines.inbox_to_sogs.captures import Capture
from pipelines.inbox_to_sogs.decide import decide, still_uploading
from pipelines.inbox_to_sogs.ledger import Entry
from pipelines.inbox_to_sogs.settings import InboxSettings

NOW = 1_000_000.0
HOUR = 3600.0
CAPTURE = Capture("castle", "s3://bucket/inbox/castle/", "f1", NOW - HOUR)
SUCCEEDED = Report(status=RunStatus.SUCCEEDED)


def entry(**changes):
    known = {"capture": CAPTURE.uri, "fingerprint": "f1", "run": "run-1", "begun_at": NOW - HOUR, "passes": 1}
    return Entry(**(known | changes))


def failed(*, retryable):
    failure = Failure("InputError", "ingest", "2 photos", "Take more.", retryable)
    return Report(status=RunStatus.FAILED, failure=failure)


def decision(noted=None, report=None, capture=CAPTURE, run="run-2", **settings):
    return decide(capture, noted, report, InboxSettings(**settings), run=run)


@pytest.mark.parametrize(
    ("noted", "report", "begin", "reason"),
    [
        (None, None, True, "new"),
        (None, failed(retryable=False), True, "new"),
        (None, SUCCEEDED, False, "has a scene"),
        (entry(), SUCCEEDED, False, "has a scene"),
        (entry(fingerprint="f0"), SUCCEEDED, True, "changed"),
        (entry(fingerprint="f0"), failed(retryable=False), True, "changed"),
        (entry(), failed(retryable=False), False, "failed, and has not changed since: 2 photos"),
        (entry(), failed(retryable=True), True, "failed by infrastructure: 2 photos"),
        (entry(passes=3), failed(retryable=True), False, "given up after 3 passes: 2 photos"),
        (entry(), None, True, "was left unfinished"),
        (entry(passes=3), None, False, "not begun again: 3 passes have left no report"),
        (entry(run="run-2", passes=3), None, True, "was left unfinished"),
    ],
)
def test_what_is_begun_and_why(noted, report, begin, reason):
    decided = decision(noted, report)
    assert (decided.begin, decided.reason) == (begin, reason)


def test_a_scene_nobody_noted_is_taken_for_this_captures():
    assert decision(None, SUCCEEDED).adopt
    assert not decision(entry(), SUCCEEDED).adopt


def upload(changed, marked=None, **settings):
    capture = Capture("castle", CAPTURE.uri, "f1", NOW - changed, None if marked is None else NOW - marked)
    return still_uploading(capture, InboxSettings(**settings), now=NOW)


def test_what_may_still_be_uploading_is_left_alone():
    assert "59 s ago" in upload(changed=59, quiet_minutes=1)
    assert not upload(changed=60, quiet_minutes=1)
    assert not upload(changed=0, quiet_minutes=0)


def test_a_marker_ends_the_wait_and_its_absence_does_not():
    marked = {"complete_marker": "_COMPLETE", "quiet_minutes": 1}
    assert upload(changed=1000, **marked) == "has no _COMPLETE: its upload is not complete"
    assert not upload(changed=10, marked=10, **marked)
    assert not upload(changed=10, marked=5, **marked)
    assert "10 s ago, after its _COMPLETE" in upload(changed=10, marked=11, **marked)
    assert not upload(changed=100, marked=200, **marked)
    assert "10 s ago" in upload(changed=10, marked=5, quiet_minutes=1)


def test_settings_have_limits():
    with pytest.raises(InputError, match=r"inbox.max_passes is 0; it must be a whole number from 1 to 1000"):
        InboxSettings(max_passes=0)
