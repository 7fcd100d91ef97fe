"""Body and signature of a webhook, as https://www.standardwebhooks.com specifies them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

from components.publish.notify.message import Message

_PREFIX = "whsec_"
_SHORTEST_KEY_BYTES = 24


def webhook_body(message: Message, now: str) -> bytes:
    """The JSON to send; `now` is a time in ISO 8601."""
    data = message.to_json()
    content = {"type": data.pop("event"), "timestamp": now, "data": {**data, "id": message.id}}
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def signature_headers(body: bytes, identity: str, seconds: int, keys: Sequence[bytes]) -> dict[str, str]:
    """Headers that let the receiver check the sender, the age and the body.

    identity: of the message; the same in each try. seconds: since 1970. The signature is HMAC-SHA256 over
    `<id>.<timestamp>.<body>`, one for each key.
    """
    signed = f"{identity}.{seconds}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def read_keys(text: str) -> tuple[bytes, ...]:
    """The keys in `whsec_… whsec_…`.

    Raises:
        ValueError: there is none, or one is malformed or too short; the message does not contain it.
    """
    keys = tuple(_read_key(each) for each in text.split())
    if not keys:
        raise ValueError("it is not set")
    return keys


def _read_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(_PREFIX) or len(key) < _SHORTEST_KEY_BYTES:
        raise ValueError(f"it must be {_PREFIX} and base64 of at least {_SHORTEST_KEY_BYTES} bytes")
    return key
