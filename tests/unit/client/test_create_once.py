import pytest

from pipelines.client.connection.errors import (
    Outcome,
    RejectedError,
    ServerError,
    UnknownOutcomeError,
    UnreachableError,
)
from pipelines.client.create_once import LOOKUP_DELAYS_SECONDS, create_once

NO_ANSWER = UnreachableError("no answer", remedy="Wait.", outcome=Outcome.UNKNOWN)
FAILED = ServerError("failed", remedy="Wait.", outcome=Outcome.UNKNOWN, answered=True)
REFUSED = RejectedError("refused", remedy="Change it.")


class Server:
    """Answers creations with `answers` in turn, and lookups with `found` in turn."""

    def __init__(self, answers, found=()):
        self.answers, self.found, self.creations, self.delays = list(answers), list(found), 0, []

    def create(self):
        self.creations += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def find(self):
        return self.found.pop(0) if self.found else None

    def run(self):
        return create_once(self.create, self.find, "the run", "kubesplat status", sleep=self.delays.append)


def test_an_answer_needs_no_lookup():
    server = Server(["run-1"])
    assert (server.run(), server.delays) == ("run-1", [])


def test_an_object_is_found_after_a_lost_answer():
    server = Server([NO_ANSWER], found=[None, "run-1"])
    assert (server.run(), server.creations) == ("run-1", 1)
    assert server.delays == list(LOOKUP_DELAYS_SECONDS[:2])


def test_a_creation_without_an_answer_is_not_repeated():
    server = Server([NO_ANSWER])
    with pytest.raises(UnknownOutcomeError, match="not known whether the run was created") as error:
        server.run()
    assert "kubesplat status" in error.value.remedy
    assert (server.creations, server.delays) == (1, list(LOOKUP_DELAYS_SECONDS))


def test_a_creation_that_kubeflow_reports_as_failed_is_repeated_once():
    server = Server([FAILED, "run-1"])
    assert (server.run(), server.creations) == ("run-1", 2)
    with pytest.raises(ServerError, match="failed"):
        Server([FAILED, FAILED]).run()


def test_a_refused_creation_is_neither_looked_up_nor_repeated():
    server = Server([REFUSED])
    with pytest.raises(RejectedError, match="refused"):
        server.run()
    assert (server.creations, server.delays) == (1, [])
