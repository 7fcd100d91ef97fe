import base64
import hashlib
import hmac
import json

import pytest

from components.publish.notify.webhook import read_keys, signature_headers, webhook_body
from tests.unit.publish.notify.messages import failed


def test_the_signature_is_that_of_the_specifications_example():
    """The published test vector of the reference libraries of Standard Webhooks."""
    headers = signature_headers(
        b'{"test": 2432232314}',
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        read_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_key_is_exchanged_both_sign():
    old, new = (base64.b64encode(bytes([value]) * 32).decode() for value in (1, 2))
    headers = signature_headers(b"{}", "msg_1", 7, read_keys(f"whsec_{old} whsec_{new}"))
    expected = (hmac.new(bytes([value]) * 32, b"msg_1.7.{}", hashlib.sha256).digest() for value in (1, 2))
    assert headers["webhook-signature"] == " ".join(
        f"v1,{base64.b64encode(each).decode()}" for each in expected
    )


@pytest.mark.parametrize("text", ["", "  ", "hunter2-hunter2", "whsec_***", "whsec_c2hvcnQ=", "whsec_"])
def test_a_key_that_protects_nothing_is_refused_without_being_shown(text):
    with pytest.raises(ValueError, match=r"^it (must be|is not set)") as error:
        read_keys(text)
    assert "hunter2" not in str(error.value)
    assert "c2hvcnQ" not in str(error.value)


def test_the_body_says_what_happened_when_and_why():
    body = json.loads(webhook_body(failed("12 von 40 Fotos: zu dunkel"), "2026-01-02T03:04:05+00:00"))
    assert (body["type"], body["timestamp"]) == ("run.failed", "2026-01-02T03:04:05+00:00")
    assert body["data"]["failure"]["message"] == "12 von 40 Fotos: zu dunkel"
    assert body["data"]["id"] == "msg_1"
    assert "event" not in body["data"]
