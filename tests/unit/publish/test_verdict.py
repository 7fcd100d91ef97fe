from dataclasses import replace

import pytest

from components.publish.run_state import RunState
from components.publish.verdict import find_failure
from components.shared.contracts.record import StageRecord
from components.shared.errors import Failure
from components.shared.tries import Tries

STAGES = ("sfm", "train", "publish")
BAD_PHOTOS = Failure("InputError", "sfm", "2 photos", "Take more.", retryable=False)
AWAY = Failure("StorageError", "train", "away", "Try again.", retryable=True)


def record(failure=None, retries=0):
    return StageRecord(stage="any", failure=failure, retries=retries)


def failure(records, tries, state):
    found = find_failure(records, tries, state, STAGES)
    return found and (found.type, found.stage)


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.UNKNOWN])
def test_a_record_of_the_last_stage_proves_success(state):
    assert failure({"publish": record()}, {"publish": Tries(1)}, state) is None


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.UNKNOWN])
def test_without_a_record_of_the_last_stage_the_run_failed(state):
    assert failure({"sfm": record(), "train": record()}, {}, state) == ("StageLostError", "publish")


@pytest.mark.parametrize("state", list(RunState))
def test_a_final_failure_outranks_every_state(state):
    records = {"sfm": record(BAD_PHOTOS), "publish": record()}
    assert failure(records, {}, state) == ("InputError", "sfm")


def test_a_run_that_failed_after_its_last_stage_says_that_the_results_are_there():
    found = find_failure({"publish": record()}, {}, RunState.FAILED, STAGES)
    assert (found.type, found.stage) == ("StageLostError", "publish")
    assert "all of its stages succeeded" in found.message
    assert "The results are complete" in found.remedy


def test_cancellation_outranks_the_interruption_that_it_caused():
    interrupted = replace(AWAY, type="TrainingInterruptedError")
    assert failure({"train": record(interrupted)}, {}, RunState.CANCELLED) == ("RunCancelledError", "train")


def test_a_started_stage_without_a_record_is_the_lost_one():
    tries = {"sfm": Tries(1), "train": Tries(3)}
    assert failure({}, tries, RunState.UNKNOWN) == ("StageLostError", "train")


def test_a_stage_whose_pod_never_started_did_not_begin():
    found = find_failure({"sfm": record()}, {"sfm": Tries(1)}, RunState.UNKNOWN, STAGES)
    assert found.stage == "train"
    assert found.message.startswith("train did not start: ")


def test_where_the_first_stages_may_be_cached_no_stage_is_named():
    found = find_failure({}, {"list-capture": Tries(1)}, RunState.FAILED, STAGES)
    assert (found.type, found.stage) == ("StageLostError", "")
    assert found.message.startswith("no stage started in this run: ")


def test_the_cause_is_that_of_the_last_try():
    found = find_failure({"train": record(AWAY, 1)}, {"train": Tries(2)}, RunState.FAILED, STAGES)
    assert found == AWAY
    killed = find_failure({"train": record(AWAY, 1)}, {"train": Tries(3)}, RunState.FAILED, STAGES)
    assert (killed.type, killed.retryable) == ("StageLostError", True)
    assert "one before it failed: away" in killed.message
