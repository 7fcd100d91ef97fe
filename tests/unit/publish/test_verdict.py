import pytest

from components.publish.run_state import RunState
from components.publish.verdict import find_failure
from components.shared.tries import Tries

STAGES = ("sfm", "train", "publish")
BAD_PHOTOS = {"type": "InputError", "stage": "sfm", "message": "2", "remedy": "3", "retryable": False}
AWAY = {"type": "StorageError", "stage": "train", "message": "away", "remedy": "again", "retryable": True}


def record(failure=None, retries=0):
    return {"failure": failure, "retries": retries}


def failure(records, tries, state):
    found = find_failure(records, tries, state, STAGES)
    return found and (found["type"], found["stage"])


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.UNKNOWN])
def test_the_last_stage_is_evidence_that_all_was_there(state):
    assert failure({"publish": record()}, {"publish": Tries(1)}, state) is None


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.UNKNOWN])
def test_without_it_there_is_none(state):
    assert failure({"sfm": record(), "train": record()}, {}, state) == ("StageLostError", "publish")


@pytest.mark.parametrize("state", list(RunState))
def test_a_final_failure_outranks_every_word(state):
    records = {"sfm": record(BAD_PHOTOS), "publish": record()}
    assert failure(records, {}, state) == ("InputError", "sfm")


def test_a_run_that_failed_after_its_last_stage_says_that_the_results_are_there():
    found = find_failure({"publish": record()}, {}, RunState.FAILED, STAGES)
    assert (found["type"], found["stage"]) == ("StageLostError", "publish")
    assert "all of its stages ended well" in found["message"]
    assert "The results are there" in found["remedy"]


def test_who_cancels_is_not_told_of_the_interruption_that_this_was():
    interrupted = {**AWAY, "type": "TrainingInterruptedError"}
    assert failure({"train": record(interrupted)}, {}, RunState.CANCELLED) == ("RunCancelledError", "train")


def test_a_stage_that_was_begun_and_left_nothing_is_the_lost_one():
    tries = {"sfm": Tries(1), "train": Tries(3)}
    assert failure({}, tries, RunState.UNKNOWN) == ("StageLostError", "train")


def test_a_stage_whose_pod_never_started_did_not_begin():
    found = find_failure({"sfm": record()}, {"sfm": Tries(1)}, RunState.UNKNOWN, STAGES)
    assert found["stage"] == "train"
    assert found["message"].startswith("train did not begin")


def test_where_the_first_stages_may_be_cached_none_is_accused():
    found = find_failure({}, {"list-capture": Tries(1)}, RunState.FAILED, STAGES)
    assert (found["type"], found["stage"]) == ("StageLostError", "")
    assert found["message"].startswith("no stage began in this run")


def test_the_cause_is_that_of_the_last_try():
    told = find_failure({"train": record(AWAY, 1)}, {"train": Tries(2)}, RunState.FAILED, STAGES)
    assert told == AWAY
    killed = find_failure({"train": record(AWAY, 1)}, {"train": Tries(3)}, RunState.FAILED, STAGES)
    assert (killed["type"], killed["retryable"]) == ("StageLostError", True)
    assert "one before it failed: away" in killed["message"]
