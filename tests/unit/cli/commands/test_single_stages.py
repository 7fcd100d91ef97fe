import numpy as np
import pytest
from typer.testing import CliRunner

from components.shared.ply.read_ply import read_ply
from components.shared.splats import Splats, write_ply
from pipelines.cli.main import app


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def ply(tmp_path):
    rng = np.random.default_rng(0)

    def values(*shape):
        return rng.normal(size=shape).astype(np.float32)

    splats = Splats(
        means=values(300, 3),
        quats=values(300, 4),
        scales=values(300, 3) - 4,
        opacities=values(300),
        sh0=values(300, 3),
        shN=values(300, 0, 3),
    )
    write_ply(splats, tmp_path / "scene.ply")
    return tmp_path / "scene.ply"


def test_a_ply_becomes_a_sog_and_a_ply_again(ply, tmp_path):
    sog, back = tmp_path / "scene.sog", tmp_path / "back.ply"
    result = invoke("compress", ply, sog)
    assert result.exit_code == 0
    assert f"300 Gaussians, {ply.stat().st_size:,} -> {sog.stat().st_size:,} bytes" in result.stdout
    assert invoke("decompress", sog, back).exit_code == 0
    original, decoded = read_ply(ply).means, read_ply(back).means
    assert np.abs(np.sort(original, axis=0) - np.sort(decoded, axis=0)).max() < 0.01


@pytest.mark.parametrize("name", ["fake.ply", "fake.sog", "fake.jpg", "missing.ply"])
def test_a_file_that_is_no_scene_is_refused_and_nothing_is_written(tmp_path, name):
    if name != "missing.ply":
        (tmp_path / name).write_text("not a scene")
    result = invoke("compress", tmp_path / name, tmp_path / "out.sog")
    assert result.exit_code == 3
    assert name in result.stderr
    assert "What to do:" in result.stderr
    assert not (tmp_path / "out.sog").exists()


def test_viewing_a_folder_without_a_scene_says_what_to_give(tmp_path):
    result = invoke("view", tmp_path, "--no-open")
    assert result.exit_code == 3
    assert "holds neither a viewer.html nor a meta.json" in result.stderr
