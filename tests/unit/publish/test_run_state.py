"""States of the platforms; those of Kubeflow 2.17 were recorded."""

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
def test_states_of_kubeflow(workflow, state):
    assert run_state(RECORDED[workflow]["state"]) is state


@pytest.mark.parametrize(
    ("reported", "state"),
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
def test_states_of_other_platforms_and_unknown_ones(reported, state):
    assert run_state(reported) is state
