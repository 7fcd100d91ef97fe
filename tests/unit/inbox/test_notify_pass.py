import base64

import pytest

from pipelines.inbox_to_sogs.notify_pass import describe_pass, notify_of_pass
from tests.unit.publish.notify.receiver import serve

BAD = {"type": "InputError", "stage": "ingest", "message": "2 photos", "remedy": "More.", "retryable": False}


def outcome(title, failure=None, cost=0.5):
    return {"title": title, "failure": failure, "cost_usd": cost}


def summary(**parts):
    empty = {"run": "run-1", "failure": None, "inbox": "s3://b/inbox/", "output": "s3://b/scenes"}
    return {**empty, "processed": [], "failed": [], "skipped": [], "loose": [], **parts}


def test_a_pass_is_summed_up_with_the_cause_of_each_failure():
    message = describe_pass(summary(processed=[outcome("a"), outcome("b")], failed=[outcome("c", BAD)]))
    assert (message.event, message.text) == ("inbox.failed", "inbox: 2 of 3 captures became scenes")
    assert message.details == ["c: 2 photos"]
    assert message.figures == {"processed": 2, "failed": 1, "skipped": 0, "cost_usd": 1.5}


def test_a_cost_that_is_not_known_is_not_invented():
    message = describe_pass(summary(processed=[outcome("a"), outcome("b", cost=None)]))
    assert message.event == "inbox.finished"
    assert message.figures["cost_usd"] is None


def test_an_inbox_that_cannot_be_read_says_why():
    message = describe_pass(summary(failure=BAD))
    assert (message.event, message.text) == ("inbox.failed", "inbox: could not be read")
    assert message.failure.message == "2 photos"


@pytest.mark.parametrize(
    ("parts", "told"), [({}, 0), ({"processed": [outcome("a")]}, 1), ({"failure": BAD}, 1)]
)
def test_a_pass_that_found_nothing_to_do_is_not_told(parts, told, monkeypatch):
    with serve() as receiver:
        monkeypatch.setenv("KUBESPLAT_WEBHOOK_URL", receiver.address)
        monkeypatch.setenv("KUBESPLAT_WEBHOOK_SECRET", f"whsec_{base64.b64encode(b'k' * 24).decode()}")
        assert set(notify_of_pass(summary(**parts)).values()) <= {""}
        assert len(receiver.requests) == told
