"""Who is notified, from the environment. Addresses and keys are secrets: no text or repr contains them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from components.publish.notify.deliver import deliver
from components.publish.notify.message import Message
from components.publish.notify.slack import slack_body
from components.publish.notify.webhook import read_keys, signature_headers, webhook_body
from components.shared.environment import (
    SLACK_URL_VARIABLE,
    WEBHOOK_SECRET_VARIABLE,
    WEBHOOK_URL_VARIABLE,
)


class Target(Protocol):
    """A receiver of messages."""

    @property
    def name(self) -> str:
        """What logs call it."""

    @property
    def url(self) -> str:
        """Where messages go; a secret."""

    def send(self, message: Message) -> None:
        """
        Raises:
            DeliveryError: the message was not taken.
        """


@dataclass(frozen=True, slots=True)
class Webhook:
    """A program that checks signatures."""

    name: str
    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)

    def send(self, message: Message) -> None:
        body = webhook_body(message, datetime.now(UTC).isoformat(timespec="seconds"))

        def headers() -> Mapping[str, str]:
            return signature_headers(body, message.id, int(time.time()), self.keys)

        deliver(self.url, body, headers)


@dataclass(frozen=True, slots=True)
class Slack:
    """A channel of a chat; its address is its only secret."""

    name: str
    url: str = field(repr=False)

    def send(self, message: Message) -> None:
        deliver(self.url, slack_body(message), dict)


def find_targets(environment: Mapping[str, str] = os.environ) -> tuple[list[Target], list[str]]:
    """The receivers that the environment names, and what is wrong with the others."""
    secret = environment.get(WEBHOOK_SECRET_VARIABLE, "")
    makers: tuple[tuple[str, Callable[[str], Target]], ...] = (
        (WEBHOOK_URL_VARIABLE, partial(_webhook, secret=secret)),
        (SLACK_URL_VARIABLE, _slack),
    )
    targets, problems = [], []
    for variable, make in makers:
        url = environment.get(variable, "").strip()
        try:
            if url:
                targets.append(make(url))
        except ValueError as error:
            problems.append(str(error))
    return targets, problems


def _webhook(url: str, secret: str) -> Webhook:
    host = _host(WEBHOOK_URL_VARIABLE, url)
    try:
        keys = read_keys(secret)
    except ValueError as error:
        raise ValueError(f"{WEBHOOK_SECRET_VARIABLE}: {error}; nothing is sent unsigned") from None
    return Webhook(f"webhook at {host}", url, keys)


def _slack(url: str) -> Slack:
    return Slack(f"chat at {_host(SLACK_URL_VARIABLE, url)}", url)


def _host(variable: str, url: str) -> str:
    """
    Raises:
        ValueError: no message can be sent to `url`, which the text does not contain.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or not url.isascii() or any(character <= " " for character in url):
        raise ValueError(f"{variable} is not an address such as https://example.org/hook")
    return str(parts.hostname)
