"""The message about a pass over an inbox; each capture's run has sent its own before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from components.publish.notify.describe_run import message_id
from components.publish.notify.links import run_link
from components.publish.notify.message import Message
from components.publish.notify.notify import notify
from components.shared.errors import Failure
from components.shared.storage import name_of

if TYPE_CHECKING:
    from pipelines.inbox_to_sogs.sum_up import Summary


def notify_of_pass(summary: Summary) -> dict[str, str]:
    """Send the summary, as `notify` does; a pass that found nothing to do is not worth a message."""
    if not (summary["processed"] or summary["failed"] or summary["failure"]):
        return {}
    return notify(describe_pass(summary))


def describe_pass(summary: Summary) -> Message:
    """What to say of a pass, with a sentence for each capture that failed."""
    title, failure = name_of(summary["inbox"]) or "inbox", summary["failure"]
    done, failed = len(summary["processed"]), len(summary["failed"])
    outcome = "could not be read" if failure else f"{done} of {done + failed} captures became scenes"
    output = summary["output"]
    return Message(
        id=message_id(output, json.dumps(summary)),
        event="inbox.failed" if failure or failed else "inbox.finished",
        title=title,
        text=f"{title}: {outcome}",
        run=summary["run"],
        output=output,
        failure=Failure(**failure) if failure else None,
        figures={
            "processed": done,
            "failed": failed,
            "skipped": len(summary["skipped"]),
            "cost_usd": _total_cost(summary),
        },
        details=[f"{each['title']}: {each['failure']['message']}" for each in summary["failed"]],
        links=run_link(summary["run"]),
    )


def _total_cost(summary: Summary) -> float | None:
    """None where the cost of a capture is not known."""
    costs = [each["cost_usd"] for each in [*summary["processed"], *summary["failed"]]]
    return sum(costs) if costs and None not in costs else None
