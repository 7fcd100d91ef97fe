"""NVML as nvidia-ml-py calls it: without a driver, and with a small library in the driver's place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pynvml
import pytest

from components.train.telemetry.nvml import Nvml

STUB = Path(__file__).with_name("stub_nvml.c")
PROGRAM = """
import dataclasses, json, logging, sys
from components.train.telemetry.nvml import Nvml
logging.basicConfig(format="%(message)s")
nvml = Nvml(sys.argv[1:])
reads = [nvml.read(), nvml.read()]
print(json.dumps([[dataclasses.asdict(gpu) for gpu in read] for read in reads]))
nvml.read()
"""


def has_driver() -> bool:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return False
    pynvml.nvmlShutdown()
    return True


@pytest.mark.skipif(has_driver(), reason="this machine has a driver")
def test_without_a_driver_its_library_is_not_found():
    with pytest.raises(pynvml.NVMLError_LibraryNotFound, match="Not Found"):
        Nvml(["1111"])


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a process that reads three times from the library in the driver's place."""
    folder = tmp_path_factory.mktemp("driver")
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler for the library in the driver's place")
    library = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, STUB], check=True)

    def run(*uuids: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *uuids],
            env={**os.environ, "LD_LIBRARY_PATH": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
        )

    return run


def test_figures_are_in_their_units_and_those_of_a_mig_instance_are_absent(read):
    done = read("1111", "2222")
    whole = {"utilization_ratio": 0.73, "power_watts": 212.5, "used_memory_bytes": 17 * 2**30}
    part = {"utilization_ratio": None, "power_watts": None, "used_memory_bytes": 5 * 2**30}
    assert json.loads(done.stdout) == [[whole, part]] * 2


def test_what_the_driver_refuses_is_logged_once(read):
    lines = read("2222").stderr.splitlines()
    assert lines == ["no utilization of the GPU: Not Supported", "no power of the GPU: Invalid Argument"]


def test_a_gpu_that_is_lost_is_an_error(read):
    assert "NVMLError_GpuIsLost" in read("1111").stderr


def test_a_gpu_that_the_driver_does_not_know_is_an_error(read):
    assert "NVMLError_NotFound" in read("3333").stderr
