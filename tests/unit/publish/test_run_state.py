"""The words of the platforms, those of Kubeflow 2.17 as a real one sent them."""

import json
from pathlib import Path

import pytest

from components.publish.run_state import RunState, run_state

RECORDED = json.loads((Path(__file__).parent / "recorded" / "final_states.json").read_text())


@pytest.mark.parametrize(
    ("workflow", "state"),
    [
        ("succeeded_after_two_kills", RunState.SUCCEEDED),
        ("inbox", RunState.SUCCEEDED),
        ("failed_bad_photos", RunState.FAILED),
        ("error_climbs", RunState.UNKNOWN),  # RUNNING, though all pods of SfM were deleted
    ],
)
def test_what_kubeflow_sent(workflow, state):
    assert run_state(RECORDED[workflow]["state"]) is state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("SUCCEEDED", RunState.SUCCEEDED),
        ("CACHED", RunState.SUCCEEDED),
        ("CANCELED", RunState.CANCELLED),
        ("CANCELLED", RunState.CANCELLED),
        ("RUNNING", RunState.UNKNOWN),
        ("NEW", RunState.UNKNOWN),
        ("", RunState.UNKNOWN),
        ("DONE_AND_DUSTED", RunState.UNKNOWN),
    ],
)
def test_words_of_other_platforms_and_words_nobody_knows(word, state):
    assert run_state(word) is state
