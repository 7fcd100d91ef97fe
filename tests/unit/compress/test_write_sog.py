"""A .sog written and read back, and one that equals the file of an earlier version."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.compress.drop_unusable import LeftOut
from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared.errors import InputError
from components.shared.ply.read_ply import read_ply
from components.shared.sog.read_sog import read_sog
from components.shared.splats import write_ply
from tests.unit.shared.sog.sog_scenes import random_splats, read_files

WRITTEN = Path(__file__).parents[2] / "data" / "version_0_1_0"


@pytest.fixture
def written(tmp_path):
    return write_sog(random_splats(), tmp_path / "scene.sog", CompressSettings()), tmp_path / "scene.sog"


def test_equal_gaussians_give_the_file_of_version_0_1_0(tmp_path):
    write_sog(read_ply(WRITTEN / "splat.ply"), tmp_path / "scene.sog", CompressSettings())
    files, expected = read_files(tmp_path / "scene.sog"), read_files(WRITTEN / "scene.sog")
    assert list(files) == list(expected)
    for name in files.keys() - {"meta.json"}:
        assert files[name] == expected[name], name
    # The last digit of a logarithm, and so of mins and maxs, depends on the processor.
    meta, expected_meta = (json.loads(each["meta.json"]) for each in (files, expected))
    for limit in ("mins", "maxs"):
        np.testing.assert_allclose(meta["means"].pop(limit), expected_meta["means"].pop(limit), rtol=1e-14)
    assert meta == expected_meta


@pytest.mark.parametrize("coefficients", [0, 3, 8, 15])
def test_the_round_trip_changes_little(tmp_path, coefficients):
    result = write_sog(random_splats(3000, coefficients), tmp_path / "scene.sog", CompressSettings())
    decoded = read_sog(tmp_path / "scene.sog")
    assert len(decoded) == result.gaussians == 3000
    assert decoded.shN.shape == (3000, coefficients, 3)
    errors = result.errors
    # Half a step of 8 bits at most, by rounding; truncation would double the errors.
    assert errors.opacity < 0.25 / 255 * 1.1
    assert errors.rotation_degrees < 0.4
    assert errors.position < 5e-4
    assert errors.log_scale < 0.01
    assert errors.f_dc < 0.01


def test_the_figures_are_those_of_the_file(written, tmp_path):
    result, path = written
    write_ply(random_splats(), tmp_path / "scene.ply")
    assert result.bytes == path.stat().st_size
    assert result.ply_bytes == (tmp_path / "scene.ply").stat().st_size
    assert result.ratio == pytest.approx(result.ply_bytes / result.bytes)
    assert result.bytes_per_gaussian == pytest.approx(result.bytes / 3000)
    assert result.file_bytes == {name: len(data) for name, data in read_files(path).items()}
    meta = json.loads(read_files(path)["meta.json"])
    assert result.palette_entries == meta["shN"]["count"] <= 384


def test_metrics_are_flat_and_name_their_units(written):
    result, _ = written
    metrics = result.metrics()
    assert metrics["size_bytes"] == result.bytes
    assert metrics["compression_ratio"] == result.ratio
    assert metrics["round_trip_rotation_degrees"] == result.errors.rotation_degrees
    assert metrics["dropped_invalid_gaussians"] == 0
    assert all(isinstance(value, (int, float)) for value in metrics.values())


def test_equal_seeds_give_equal_files(written, tmp_path):
    write_sog(random_splats(), tmp_path / "again.sog", CompressSettings())
    assert (tmp_path / "again.sog").read_bytes() == written[1].read_bytes()


def test_the_archive_is_one_that_viewers_read(written):
    with zipfile.ZipFile(written[1]) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        meta = json.loads(archive.read("meta.json"))
        named = [
            name
            for section in meta.values()
            if isinstance(section, dict)
            for name in section.get("files", [])
        ]
        assert set(archive.namelist()) == {"meta.json", *named}
    assert meta["version"] == 2
    assert meta["count"] == 3000
    assert len(meta["scales"]["codebook"]) == len(meta["sh0"]["codebook"]) == 256


@pytest.mark.parametrize("antialiased", [False, True])
def test_opacity_compensation_is_stored(tmp_path, antialiased):
    splats = replace(random_splats(500), antialiased=antialiased)
    write_sog(splats, tmp_path / "scene.sog", CompressSettings())
    assert read_sog(tmp_path / "scene.sog").antialiased == antialiased
    meta = json.loads(read_files(tmp_path / "scene.sog")["meta.json"])
    assert meta.get("model") == ("antialiased" if antialiased else None)


def test_a_spatial_order_makes_positions_smaller(tmp_path):
    line = np.linspace(-1, 1, 4096, dtype=np.float32)
    ordered = replace(random_splats(4096, 0), means=np.stack([line, line, line], axis=1))
    shuffled = ordered.select(np.random.default_rng(0).permutation(4096))
    result = write_sog(shuffled, tmp_path / "scene.sog", CompressSettings())
    assert result.file_bytes["means_u.webp"] < 0.25 * 4096
    assert (np.diff(read_sog(tmp_path / "scene.sog").means[:, 0]) >= -1e-4).all()


def test_unusable_gaussians_are_not_in_the_file(tmp_path):
    splats = random_splats()
    splats.means[3, 0] = np.nan
    splats.scales[7, 1] = np.inf
    splats.opacities[11] = -20.0
    result = write_sog(splats, tmp_path / "scene.sog", CompressSettings())
    assert result.left_out == LeftOut(not_finite=2, transparent=1)
    assert result.figures().left_out == {"not finite": 2, "transparent": 1}
    assert result.figures().gaussians == 2997
    assert result.metrics()["dropped_invalid_gaussians"] == 2
    assert result.gaussians == len(read_sog(tmp_path / "scene.sog")) == 2997


def test_a_scene_without_usable_gaussians_leaves_no_file(tmp_path):
    splats = random_splats(10)
    splats.means[:] = np.nan
    with pytest.raises(InputError, match="none of 10 Gaussians can be shown"):
        write_sog(splats, tmp_path / "scene.sog", CompressSettings())
    assert list(tmp_path.iterdir()) == []


def test_progress_rises_to_1(tmp_path):
    seen = []
    write_sog(random_splats(), tmp_path / "scene.sog", CompressSettings(), seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"sort", "palette", "write textures", "read back", "done"} == {progress.phase for progress in seen}


@pytest.mark.parametrize("settings", [{"device": "tpu"}, {"max_palette_entries": 63}, {"seed": -1}])
def test_settings_out_of_range_are_an_error(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        CompressSettings(**settings)
