"""The ledger against the operating system: a stage's process, as the kernel accounts for it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from components.ingest.component import ingest
from components.publish.build_report import build_report
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.stage import read_records
from components.shared.storage import open_storage

PHOTOS, SIDE_PX = 100, 2600
"""Many and large, since some 0.15 s of the process follow after the stage has stored its record."""


@dataclass(frozen=True)
class Accounted:
    """What the kernel says of a process and its ended children."""

    seconds: float
    cpu_seconds: float


def write_photos(folder):
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(PHOTOS):
        pixels = rng.integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03d}.jpg", quality=90)


def run_as_kubeflow_does(component, executor_input, folder) -> Accounted:
    """Start the component's own command, and wait for it with the kernel's accounting."""
    container = component.component_spec.implementation.container
    arguments = [
        json.dumps(executor_input) if each == "{{$}}" else each
        for each in [*container.command, *container.args]
    ]
    environment = {**os.environ, "KUBESPLAT_RUN_FOLDER": str(folder / "run"), "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{os.path.dirname(sys.executable)}:{environment['PATH']}"
    begun = time.monotonic()
    child = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return Accounted(time.monotonic() - begun, usage.ru_utime + usage.ru_stime)


@pytest.mark.slow
def test_the_ledger_is_within_two_percent_of_the_kernels_accounts(tmp_path):
    write_photos(tmp_path / "photos")
    output = tmp_path / "out"
    (tmp_path / "run" / "outputs").mkdir(parents=True)
    (tmp_path / "run" / "outputs" / "f.json").write_text(json.dumps({"output": str(output)}))
    artifact = {"name": "a", "type": {"schemaTitle": "system.Dataset"}, "uri": str(tmp_path / "capture")}
    metrics = {**artifact, "type": {"schemaTitle": "system.Metrics"}, "uri": str(tmp_path / "metrics")}
    executor_input = {
        "inputs": {"parameterValues": {"source": str(tmp_path / "photos"), "fingerprint": "f"}},
        "outputs": {
            "artifacts": {"capture": {"artifacts": [artifact]}, "metrics": {"artifacts": [metrics]}},
            "outputFile": str(tmp_path / "output.json"),
        },
    }
    accounted = run_as_kubeflow_does(ingest, executor_input, tmp_path)
    prices = PublishSettings(cpu_usd_per_hour=360)
    records = read_records(open_storage(str(output)), ["ingest"])
    report = build_report(records, state=RunState.FAILED, settings=prices)
    stage = report.stages["ingest"]
    assert stage.seconds == pytest.approx(accounted.seconds, rel=0.02)
    assert stage.cpu_seconds == pytest.approx(accounted.cpu_seconds, rel=0.02)
    assert report.totals.cost_usd == pytest.approx(accounted.seconds / 10, rel=0.02)
