"""sfm in the image with pycolmap for CUDA, which finds no GPU here."""

import json

import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.container_images import sfm_gpu_image
from tests.service.containers import contained, needed, tools_in

EXCHANGE = "/exchange"


@pytest.fixture(scope="module")
def image():
    return needed(sfm_gpu_image())


def test_no_compiler_no_pip_and_no_root(image):
    assert tools_in(image) == ["10001", "read-only"]


def test_without_a_gpu_it_reconstructs_on_the_cpu(image, small_demo, tmp_path):
    tmp_path.chmod(0o777)
    ingest(str(small_demo.folder), tmp_path / "capture", IngestSettings())
    command = ["python", "-m", "components.sfm", f"{EXCHANGE}/capture", "--output", f"{EXCHANGE}/scene"]
    done = contained(image, [*command, "--set", "min_points=200"], "--volume", f"{tmp_path}:{EXCHANGE}")
    assert done.returncode == 0, done.stderr[-3000:]
    scene = json.loads((tmp_path / "scene/scene.json").read_text())
    assert scene["registered"] == len(small_demo.truth.names)


def test_a_requested_gpu_that_is_missing_ends_it(image):
    code = "from components.sfm.features.device import feature_device; feature_device()"
    done = contained(image, ["python", "-c", code], "--env", "KUBESPLAT_GPUS=1")
    assert "GpuMissingError: this task requests 1 GPU, and pycolmap sees none" in done.stderr
