"""The demo, stage by stage, in the CPU image, as a cluster runs it.

Each container has the command of the compiled package, the image's own user, a read-only root file system
with an empty /tmp, and no privileges. Artifacts go from stage to stage through S3.
"""

import json
from pathlib import Path

import pytest
import yaml

from components.shared.container_images import cpu_image
from tests.service.containers import contained, needed, tools_in

TINY = {"steps": 200, "max_gaussians": 2000, "image_max_side_px": 120, "min_points": 200}
STAGES = ("list-capture", "inspect", "ingest", "sfm", "train", "compress", "evaluate", "publish", "conclude")
EXCHANGE = "/exchange"


@pytest.fixture(scope="module")
def image():
    """The CPU image, if podman has it."""
    return needed(cpu_image())


@pytest.fixture
def exchange(tmp_path):
    """A folder that the container's user may write to, with the file that names the outputs of stages."""
    tmp_path.chmod(0o777)
    return tmp_path


def test_no_compiler_no_pip_and_no_root(image):
    assert tools_in(image) == ["10001", "read-only"]


def test_the_demo_runs_stage_by_stage_with_artifacts_in_s3(image, s3, small_demo, exchange):
    for name in small_demo.truth.names:
        s3.put(f"photos/{name}", small_demo.folder / name)
    package = compiled(image, exchange)
    parameters = {
        **TINY,
        "source": f"{s3.uri}/photos/",
        "capture": f"{s3.uri}/photos/",
        "output": f"{s3.uri}/scene",
        "pipeline_status": {"state": "SUCCEEDED", "pipelineJobResourceName": "test", "error": {}},
    }
    artifacts = {}
    for stage in STAGES:
        artifacts |= run_stage(image, package, stage, parameters, artifacts, s3, exchange)
        if stage == "list-capture":
            parameters |= json.loads((exchange / f"{stage}.json").read_text())["parameterValues"]
    stored = {
        f"intermediate/{name}" for name in ("ingest/capture", "sfm/scene", "train/splat", "compress/sog")
    }
    assert stored <= set(s3.names())
    assert s3.get("scene/scene.sog")[:2] == b"PK"
    assert b"<html" in s3.get("scene/viewer.html")[:200].lower()
    report = json.loads(s3.get("scene/report.json"))
    assert report["status"] == "succeeded"
    assert report["delivered"]["psnr_db"] > 15


def compiled(image, exchange):
    """The package as the image itself compiles it: code and package are of one version."""
    done = contained(
        image, ["kubesplat", "compile", "--output", EXCHANGE], "--volume", f"{exchange}:{EXCHANGE}"
    )
    assert done.returncode == 0, done.stderr
    return next(yaml.safe_load_all(next(Path(exchange).glob("photos_to_sog.yaml")).read_text()))


def run_stage(image, package, stage, parameters, artifacts, s3, exchange):
    """Run one stage with Kubeflow's command line; return its output artifacts as {name: artifact}."""
    component = package["components"][f"comp-{stage}"]
    container = package["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
    message = executor_input(component, stage, parameters, artifacts)
    command = [
        part.replace("{{$}}", json.dumps(message)) for part in (*container["command"], *container["args"])
    ]
    environment = {
        "AWS_ENDPOINT_URL": s3.endpoint,
        "AWS_ACCESS_KEY_ID": s3.server.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.server.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "KUBESPLAT_ARTIFACTS": f"{s3.uri}/intermediate",
        "KUBESPLAT_RUN_FOLDER": f"{s3.uri}/run",
        "OMP_NUM_THREADS": "1",
    }
    variables = [part for pair in environment.items() for part in ("--env", "=".join(pair))]
    done = contained(image, command, "--volume", f"{exchange}:{EXCHANGE}", *variables)
    assert done.returncode == 0, f"{stage}: {done.stderr[-3000:]}"
    written = exchange / f"{stage}.json"
    outputs = json.loads(written.read_text()).get("artifacts", {}) if written.exists() else {}
    return {name: each["artifacts"][0] for name, each in outputs.items()}


def executor_input(component, stage, parameters, artifacts):
    """What Kubeflow's driver hands to a stage: parameters with their defaults, where artifacts are and go."""
    inputs, outputs = component.get("inputDefinitions", {}), component.get("outputDefinitions", {})
    values = {
        name: parameters.get(name, default(definition))
        for name, definition in inputs.get("parameters", {}).items()
    }
    given = {name: {"artifacts": [artifacts[name]]} for name in inputs.get("artifacts", {})}
    asked = {
        name: {"artifacts": [{"name": name, "type": each["artifactType"], "uri": f"/tmp/{stage}/{name}"}]}
        for name, each in outputs.get("artifacts", {}).items()
    }
    return {
        "inputs": {"parameterValues": values, "artifacts": given},
        "outputs": {"artifacts": asked, "outputFile": f"{EXCHANGE}/{stage}.json"},
    }


def default(definition):
    """As the driver writes it: a package has whole numbers with a point, JSON on a cluster has not."""
    value = definition.get("defaultValue")
    return int(value) if definition["parameterType"] == "NUMBER_INTEGER" and value is not None else value
