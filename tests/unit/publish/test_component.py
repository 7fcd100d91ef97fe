import json
from pathlib import Path

import pytest
from kfp import dsl

from components.publish.component import conclude
from components.shared.stage import run_stage


@pytest.mark.parametrize(
    ("workflow", "works", "status"),
    [
        ("succeeded_after_two_kills", True, "succeeded"),
        ("error_climbs", True, "succeeded"),
        ("error_climbs", False, "failed"),
        ("failed_bad_photos", False, "failed"),
    ],
)
def test_states_of_a_real_kubeflow(tmp_path, monkeypatch, workflow, works, status):
    final = json.loads((Path(__file__).parent / "recorded" / "final_states.json").read_text())[workflow]
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    if works:
        with run_stage("publish", output=str(tmp_path)):
            pass
    final_status = dsl.PipelineTaskFinalStatus(
        state=final["state"],
        pipeline_job_resource_name=final["pipelineJobResourceName"],
        pipeline_task_name=final["pipelineTaskName"],
        error_code=None,
        error_message=None,
    )
    conclude.python_func(capture="s3://bucket/castle/", output=str(tmp_path), pipeline_status=final_status)
    assert json.loads((tmp_path / "report.json").read_text())["status"] == status
