import base64
import os

import pytest

from components.publish.notify import deliver
from tests.unit.publish.notify.receiver import serve

KEY = b"k" * 24


@pytest.fixture
def receiver():
    with serve() as started:
        yield started


@pytest.fixture(autouse=True)
def _nobody(monkeypatch):
    """The machine's own receivers are never told; waits between tries are short."""
    for name in [each for each in os.environ if each.startswith("KUBESPLAT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(deliver, "WAITS_SECONDS", (0.01, 0.02, 0.03))


@pytest.fixture
def webhook(receiver, monkeypatch):
    """The receiver gets signed messages."""
    monkeypatch.setenv("KUBESPLAT_WEBHOOK_URL", f"{receiver.address}/hook?token=t0ken")
    monkeypatch.setenv("KUBESPLAT_WEBHOOK_SECRET", f"whsec_{base64.b64encode(KEY).decode()}")
    return receiver


@pytest.fixture
def chat(receiver, monkeypatch):
    """The receiver gets messages for Slack."""
    monkeypatch.setenv("KUBESPLAT_SLACK_URL", f"{receiver.address}/services/T0/B0/t0ken")
    return receiver
