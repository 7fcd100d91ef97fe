import base64
import json

import pytest

from pipelines.client.connection.token import describe_expiry

NOW = 1_800_000_000.0


def token(claims):
    return f"head.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.signature"


def test_expiry():
    assert describe_expiry(token({"exp": NOW - 90}), NOW) == "it expired 1m30s ago"
    assert describe_expiry(token({"exp": NOW + 7200}), NOW) == "it is valid for another 2h00m"


@pytest.mark.parametrize(
    "text",
    ["", "opaque", "a.b.c", "a.é.c", token({}), token([]), token({"exp": "soon"}), token({"exp": None})],
)
def test_a_token_that_says_nothing(text):
    assert describe_expiry(text, NOW) is None
