"""A message for Slack's incoming webhooks; Mattermost, Rocket.Chat and Discord (`…/slack`) take it too.

Text and one attachment, not blocks: the other chats know no blocks.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from components.publish.notify.message import Message
from components.shared.progress import duration

_GREEN, _RED = "#1a6e3c", "#b3261e"
_LONGEST_CAUSE = 1500
"""Characters of a cause; a message of structure from motion may list a thousand photos."""
_MOST_DETAILS = 20


def slack_body(message: Message) -> bytes:
    """The JSON to send."""
    bad = message.event.endswith(".failed")
    paragraphs = [*_cause(message), *_details(message), _links(message)]
    attachment = {
        "color": _RED if bad else _GREEN,
        "fallback": _escaped(message.text),
        "text": "\n".join(each for each in paragraphs if each),
        "fields": _fields(message),
        "mrkdwn_in": ["text"],
    }
    headline = f"{'✗' if bad else '✓'} *{_escaped(message.text)}*"
    return json.dumps({"text": headline, "attachments": [attachment]}, ensure_ascii=False).encode()


def _cause(message: Message) -> list[str]:
    failure = message.failure
    if failure is None:
        return []
    remedy = f"*What to do:* {_escaped(_shortened(failure.remedy))}"
    return [_escaped(_shortened(failure.message)), remedy]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_CAUSE else f"{text[:_LONGEST_CAUSE]}…"


def _details(message: Message) -> list[str]:
    shown = [_escaped(_shortened(each)) for each in message.details[:_MOST_DETAILS]]
    more = len(message.details) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _links(message: Message) -> str:
    """Links where there are any to open; otherwise where the results are."""
    pairs = [f"<{_escaped(to)}|{what}>" for what, to in message.links.items() if to.startswith("http")]
    return " · ".join(pairs) or f"`{_escaped(message.output)}`"


_SHOWN: dict[str, tuple[str, Callable[[float], str]]] = {
    "images": ("Photos", "{:,}".format),
    "registered": ("Registered", "{:,}".format),
    "gaussians": ("Gaussians", "{:,}".format),
    "psnr_db": ("PSNR", "{:.2f} dB".format),
    "bytes": ("Scene", lambda count: f"{count / 1e6:.1f} MB"),
    "seconds": ("Time", duration),
    "cost_usd": ("Cost", "${:.2f}".format),
    "processed": ("Scenes", "{:,}".format),
    "failed": ("Failed", "{:,}".format),
    "skipped": ("Left alone", "{:,}".format),
}
"""Title and text of each figure that a chat shows."""


def _fields(message: Message) -> list[dict[str, object]]:
    values = ((name, message.figures.get(name)) for name in _SHOWN)
    return [
        {"title": _SHOWN[name][0], "value": _SHOWN[name][1](value), "short": True}
        for name, value in values
        if value is not None
    ]


def _escaped(text: str) -> str:
    """Slack takes these three characters for its own markup: a name could otherwise call the channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
