from dataclasses import replace

import pytest

from components.evaluate.measure import measure
from components.evaluate.report.headline import DeliveredFile, headline
from components.shared.contracts.training import GpuUsage
from tests.toy_world import HELD_OUT, VIEWS, WIDTH, blurred, toy_splats

DELIVERED = DeliveredFile(
    gaussians=12_500,
    sog_bytes=200_000,
    ply_bytes=3_000_000,
    steps=700,
    training_seconds=95.0,
    device="NVIDIA A10G",
)


@pytest.fixture(scope="module")
def figures(posed_scene):
    measurement = measure(posed_scene, HELD_OUT, blurred(toy_splats(), 0.02), toy_splats(), WIDTH)
    return measurement, {each.name: each for each in headline(posed_scene, measurement, DELIVERED)}


def test_quality_is_that_of_the_delivered_file(figures):
    measurement, found = figures
    assert found["Held-out PSNR"].value == f"{measurement.psnr_db:.1f}"
    assert found["Held-out PSNR"].note == "on 2 photos that training did not see"
    assert found["Loss by compression"].value == f"{measurement.psnr_drop_db:.2f}"
    assert "Held-out LPIPS" not in found


def test_the_file_is_compared_with_the_ply(figures):
    _, found = figures
    assert (found["Size"].value, found["Size"].unit) == ("200", "kB")
    assert found["Size"].note == "15.0 × smaller than the 3 MB .ply"
    assert found["Gaussians"].value == "12\u202f500"
    assert found["Gaussians"].note == "700 steps in 1m35s on NVIDIA A10G"


def test_what_the_gpu_did_is_said_where_it_is_known(posed_scene, figures):
    usage = GpuUsage(seconds=100.0, utilization=0.934, power_watts=212.0, energy_watt_hours=5.89)
    delivered = replace(DELIVERED, gpu_usage=usage)
    found = {each.name: each for each in headline(posed_scene, figures[0], delivered)}
    assert found["Gaussians"].note.endswith("on NVIDIA A10G, busy 93% of the time, 212\u00a0W, 5.9\u00a0Wh")


def test_the_reconstruction_is_that_of_structure_from_motion(figures):
    photos = figures[1]["Photos registered"]
    assert (photos.value, photos.unit) == (str(VIEWS), f"of {VIEWS + 1}")
    assert photos.note == "150 points, 0.50 px reprojection error"
