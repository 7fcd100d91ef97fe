"""Messages for tests."""

from components.publish.notify.message import Message
from components.shared.errors import Failure


def done(**changes):
    return Message(
        id="msg_1", event="run.succeeded", title="garden", text="garden is done", output="/out"
    ).replace(**changes)


def failed(message="2 photos", remedy="Take more."):
    failure = Failure("InputError", "ingest", message, remedy, retryable=False)
    return done(event="run.failed", text="garden failed in ingest", failure=failure)
