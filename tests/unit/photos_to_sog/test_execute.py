"""What a run on one machine leaves out of the pipeline."""

import copy

import pytest

from pipelines.inbox_to_sogs.pipeline import inbox_to_sogs
from pipelines.photos_to_sog.execute import _leave_out, asks_for_inspection
from pipelines.photos_to_sog.pipeline import photos_to_sog


@pytest.mark.parametrize(
    ("arguments", "asks"),
    [
        ({}, False),
        ({"inspect": True, "steps": 500}, True),
        ({"inspect": True, "inspect_settings": "enabled=off"}, False),
        ({"inspect_settings": '{"enabled": true}'}, True),
        ({"inspect_settings": "enabled=perhaps"}, True),  # its first task says what is wrong
    ],
)
def test_an_inspection_is_asked_for_by_the_parameter_or_the_text(arguments, asks):
    assert asks_for_inspection({"capture": "photos", "output": "out", **arguments}) is asks


@pytest.mark.parametrize("pipeline", [photos_to_sog, inbox_to_sogs], ids=["photos", "inbox"])
def test_a_task_that_is_left_out_is_waited_for_by_none(pipeline):
    spec = copy.deepcopy(pipeline.pipeline_spec)
    dags = [each.dag for each in spec.components.values() if "ingest" in each.dag.tasks]
    assert [list(dag.tasks["ingest"].dependent_tasks) for dag in dags] == [["inspect", "list-capture"]]
    _leave_out(spec, "inspect")
    assert [list(dag.tasks["ingest"].dependent_tasks) for dag in dags] == [["list-capture"]]
    assert "inspect" not in dags[0].tasks
    assert set(dags[0].tasks) >= {"list-capture", "sfm", "publish"}
