"""What a real HTTP receiver gets, and what becomes of a run whose receiver is down, slow or hostile."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import socket
import time

import pytest

from components.publish.__main__ import main
from components.publish.conclude import conclude
from components.publish.notify import deliver, notify, targets
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.errors import InputError
from components.shared.stage import run_stage
from tests.unit.publish.notify.conftest import KEY
from tests.unit.publish.notify.messages import done, failed
from tests.unit.publish.notify.receiver import serve


def is_signed(request, key=KEY):
    """Checks as a receiver does, written from the specification."""
    _, headers, body = request
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    is_fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 60
    return is_fresh and hmac.compare_digest(headers["webhook-signature"], f"v1,{expected}")


def end_run(folder, state=RunState.SUCCEEDED):
    return conclude(str(folder), state=state, settings=PublishSettings())


def publish(folder):
    with run_stage("publish", output=str(folder)) as record:
        record.figures = {"files": {}}


def test_the_end_of_a_run_is_told_signed(webhook, tmp_path):
    publish(tmp_path)
    assert end_run(tmp_path).status == "succeeded"
    (request,) = webhook.requests
    assert request[0] == "/hook?token=t0ken"
    assert is_signed(request)
    assert not is_signed(request, b"x" * 24)
    assert webhook.bodies()[0]["type"] == "run.succeeded"
    assert webhook.bodies()[0]["data"]["output"] == str(tmp_path)


def test_a_failure_is_told_with_its_cause(webhook, chat, tmp_path):
    with pytest.raises(SystemExit), run_stage("ingest", output=str(tmp_path)):
        raise InputError("2 photos", remedy="Take more.")
    end_run(tmp_path, RunState.FAILED)
    bodies = {path.split("?")[0]: json.loads(body) for path, _, body in chat.requests}
    assert bodies["/hook"]["data"]["failure"]["message"] == "2 photos"
    assert "2 photos" in bodies["/services/T0/B0/t0ken"]["attachments"][0]["text"]


def test_a_receiver_that_recovers_gets_the_same_message_signed_anew(webhook):
    webhook.answers = [(500, {}), (503, {"Retry-After": "0"}), (429, {})]
    assert notify.notify(done()) == {"webhook at 127.0.0.1": ""}
    assert len(webhook.requests) == 4
    assert all(map(is_signed, webhook.requests))
    assert {(headers["webhook-id"], body) for _, headers, body in webhook.requests} == {
        ("msg_1", webhook.requests[0][2])
    }


def test_a_receiver_that_stays_down_is_given_up_and_no_secret_is_logged(webhook, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    webhook.answers = [(500, {})] * 9
    publish(tmp_path)
    assert end_run(tmp_path).status == "succeeded"
    assert len(webhook.requests) == 4
    assert "it answered 500, in each of 4 tries" in caplog.text
    assert "t0ken" not in caplog.text
    assert base64.b64encode(KEY).decode() not in caplog.text
    assert "t0ken" not in (tmp_path / "report.json").read_text()


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_not_repeated(status, webhook):
    webhook.answers = [(status, {})]
    assert notify.notify(done()) == {"webhook at 127.0.0.1": f"it answered {status}"}
    assert len(webhook.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status, webhook):
    with serve() as elsewhere:
        webhook.answers = [(status, {"Location": f"{elsewhere.address}/steal"})]
        (problem,) = notify.notify(done()).values()
        assert problem == f"it answered {status}: redirects are not followed; give the final address"
        assert elsewhere.requests == []
    assert len(webhook.requests) == 1


def test_the_asked_wait_is_kept_within_limits(receiver, monkeypatch):
    waits = []
    receiver.answers = [
        (503, {"Retry-After": "3600"}),
        (503, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}),
    ]
    monkeypatch.setattr(deliver, "WAITS_SECONDS", (1.0, 2.0, 8.0))
    deliver.deliver(receiver.address, b"{}", dict, waits.append)
    assert waits == [8.0, 2.0]


def test_a_receiver_that_hangs_holds_up_nothing(monkeypatch, chat, caplog):
    monkeypatch.setattr(notify, "LIMIT_SECONDS", 3.0)
    monkeypatch.setenv("KUBESPLAT_WEBHOOK_SECRET", f"whsec_{base64.b64encode(KEY).decode()}")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("KUBESPLAT_WEBHOOK_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/x")
        started = time.monotonic()
        outcomes = notify.notify(failed())
    assert time.monotonic() - started < 10
    assert outcomes == {"webhook at 127.0.0.1": "no answer within 3 s", "chat at 127.0.0.1": ""}
    assert len(chat.requests) == 1


@pytest.mark.parametrize(
    ("url", "secret", "problem"),
    [
        ("ftp://example.org/t0ken", "", "KUBESPLAT_WEBHOOK_URL is not an address"),
        ("file:///etc/t0ken", "", "KUBESPLAT_WEBHOOK_URL is not an address"),
        ("https://[t0ken", "", "KUBESPLAT_WEBHOOK_URL is not an address"),
        ("https://example.org/a t0ken", "", "KUBESPLAT_WEBHOOK_URL is not an address"),
        (
            "https://example.org/t0ken",
            "",
            "KUBESPLAT_WEBHOOK_SECRET: it is not set; nothing is sent unsigned",
        ),
        ("https://example.org/t0ken", "whsec_t0ken", "KUBESPLAT_WEBHOOK_SECRET: it must be whsec_"),
    ],
)
def test_a_wrong_set_up_costs_a_line(url, secret, problem, monkeypatch, caplog):
    monkeypatch.setenv("KUBESPLAT_WEBHOOK_URL", url)
    monkeypatch.setenv("KUBESPLAT_WEBHOOK_SECRET", secret)
    notify.notify(done())
    (line,) = [each.message for each in caplog.records]
    assert line.startswith(problem)
    assert "t0ken" not in line


def test_a_name_that_does_not_resolve_costs_a_line_without_the_address(monkeypatch, caplog):
    monkeypatch.setenv("KUBESPLAT_SLACK_URL", "https://nowhere.invalid/services/t0ken")
    assert set(notify.notify(done())) == {"chat at nowhere.invalid"}
    assert "chat at nowhere.invalid was not told of run.succeeded: no answer (" in caplog.text
    assert "t0ken" not in caplog.text


def test_a_receivers_secrets_are_in_no_repr(webhook, chat):
    (first, second), problems = targets.find_targets()
    assert problems == []
    assert "t0ken" not in f"{first!r} {second!r}"
    assert repr(KEY) not in repr(first)


def test_events_that_nobody_wants_are_not_sent(webhook, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_NOTIFY_ON", "run.failed, inbox.failed")
    assert notify.notify(done()) == {}
    assert list(notify.notify(failed()).values()) == [""]


def test_without_a_receiver_nothing_is_said(tmp_path, caplog):
    publish(tmp_path)
    end_run(tmp_path)
    assert caplog.records == []


def test_a_message_can_be_sent_again_by_hand(webhook, tmp_path, capsys):
    publish(tmp_path)
    end_run(tmp_path)
    capsys.readouterr()
    assert main(["notify", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == {"webhook at 127.0.0.1": "told"}
    first, again = webhook.requests
    assert first[1]["webhook-id"] == again[1]["webhook-id"]
    webhook.answers = [(403, {})]
    assert main(["notify", str(tmp_path)]) == 5
    assert "webhook at 127.0.0.1: it answered 403" in capsys.readouterr().err
