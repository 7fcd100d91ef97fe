"""The published tool reads what we write, and we read what it writes."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from components.compress.settings import CompressSettings
from components.compress.write_scene import write_scene
from components.compress.write_sog import write_sog
from components.shared.gltf.read_glb import read_glb
from components.shared.move_splats import HALF_TURN_X, rotate_splats, unit_quats
from components.shared.ply.read_ply import read_ply
from components.shared.ply.write_compressed import write_compressed_ply
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats, write_ply
from components.shared.spz.read_spz import read_spz
from components.shared.spz.write_spz import write_spz
from tests.service.npm import install
from tests.unit.shared.ply.ply_files import columns, ply
from tests.unit.shared.ply.test_read_ply import EQUAL

ATTRIBUTES = ("means", "scales", "opacities", "sh0", "shN")


@pytest.fixture(scope="session")
def splat_transform(tmp_path_factory):
    """Runs `splat-transform` on the CPU."""
    packages = install(tmp_path_factory.mktemp("splat_transform"), "@playcanvas/splat-transform@3.7.0")

    def run(source, target, *options):
        command = [packages / ".bin/splat-transform", "-w", "-g", "cpu", *options, source, target]
        subprocess.run(command, check=True, capture_output=True)
        return target

    return run


def scene(count=2000, rest=8):
    rng = np.random.default_rng(3)

    def draw(*shape, mean=0.0, deviation=1.0):
        return rng.normal(mean, deviation, shape).astype(np.float32)

    return Splats(
        means=draw(count, 3, deviation=3.0),
        quats=draw(count, 4),
        scales=draw(count, 3, mean=-4.0),
        opacities=draw(count, deviation=2.0),
        sh0=draw(count, 3),
        shN=draw(count, rest, 3, deviation=0.2),
    )


def assert_same(ours, theirs):
    for name in ATTRIBUTES:
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=1e-5, atol=1e-5, err_msg=name
        )
    cosines = np.abs(np.sum(ours.quats * theirs.quats, axis=1)) / np.linalg.norm(theirs.quats, axis=1)
    assert cosines.min() > 1 - 1e-6


@pytest.mark.parametrize("rest", [0, 3, 8, 15])
def test_it_finds_our_values(splat_transform, tmp_path, rest):
    splats = scene(rest=rest)
    write_sog(splats, tmp_path / "ours.sog", CompressSettings())
    theirs = read_ply(splat_transform(tmp_path / "ours.sog", tmp_path / "theirs.ply"))
    assert_same(read_sog(tmp_path / "ours.sog"), theirs)
    # Our order is not the input's: the nearest mean is the same Gaussian.
    distances = np.linalg.norm(theirs.means[:, None] - splats.means[None], axis=2)
    nearest = distances.argmin(axis=1)
    assert len(set(nearest)) == len(splats)
    assert distances.min(axis=1).max() < 1e-3
    assert np.abs(theirs.sh0 - splats.sh0[nearest]).mean() < 0.02


def test_we_find_its_values(splat_transform, tmp_path):
    write_ply(scene(), tmp_path / "in.ply")
    splat_transform(tmp_path / "in.ply", tmp_path / "theirs.sog")
    theirs = read_ply(splat_transform(tmp_path / "theirs.sog", tmp_path / "theirs.ply"))
    assert_same(read_sog(tmp_path / "theirs.sog"), theirs)


@pytest.mark.parametrize("rest", [0, 3, 8, 15])
def test_we_unpack_its_compressed_ply_to_its_values(splat_transform, tmp_path, rest):
    write_ply(scene(rest=rest), tmp_path / "in.ply")
    packed = splat_transform(tmp_path / "in.ply", tmp_path / "in.compressed.ply")
    assert packed.stat().st_size < (tmp_path / "in.ply").stat().st_size / 2
    theirs = read_ply(splat_transform(packed, tmp_path / "theirs.ply"))
    assert_same(read_ply(packed), theirs)


@pytest.mark.parametrize("rest", [0, 3, 8, 15])
def test_it_unpacks_our_compressed_ply_to_our_values(splat_transform, tmp_path, rest):
    write_compressed_ply(scene(rest=rest), tmp_path / "ours.compressed.ply")
    theirs = read_ply(splat_transform(tmp_path / "ours.compressed.ply", tmp_path / "theirs.ply"))
    assert_same(read_ply(tmp_path / "ours.compressed.ply"), theirs)


@pytest.mark.parametrize("rest", [0, 3, 8, 15])
def test_it_finds_our_values_in_an_spz(splat_transform, tmp_path, rest):
    write_spz(scene(rest=rest), tmp_path / "ours.spz")
    theirs = read_ply(splat_transform(tmp_path / "ours.spz", tmp_path / "theirs.ply"))
    # It turns no axes: its ply has those of SPZ.
    assert_same(read_spz(tmp_path / "ours.spz"), rotate_splats(theirs, HALF_TURN_X))


@pytest.mark.parametrize("rest", [0, 15])
def test_we_find_its_values_in_an_spz(splat_transform, tmp_path, rest):
    write_ply(scene(rest=rest), tmp_path / "in.ply")
    spz = splat_transform(tmp_path / "in.ply", tmp_path / "theirs.spz")
    theirs = read_ply(splat_transform(spz, tmp_path / "theirs.ply"))
    assert_same(rotate_splats(read_spz(spz), HALF_TURN_X), theirs)


@pytest.mark.parametrize("rest", [0, 3, 8, 15])
def test_we_find_its_values_in_a_glb(splat_transform, tmp_path, rest):
    write_ply(scene(rest=rest), tmp_path / "in.ply")
    glb = splat_transform(tmp_path / "in.ply", tmp_path / "theirs.glb")
    ours = read_glb(glb)
    # It keeps quaternions of any length; glTF asks for 1.
    assert_same(replace(ours, quats=unit_quats(ours.quats)), read_ply(tmp_path / "in.ply"))


@pytest.mark.parametrize("suffix", [".sog", ".spz", ".compressed.ply"])
def test_it_reads_one_and_equal_gaussians_and_opacities_of_0_and_1(splat_transform, tmp_path, suffix):
    one = scene(1, rest=3)
    solid = replace(scene(3, rest=3), opacities=np.array([np.inf, -np.inf, 20.0], np.float32))
    for index, splats in enumerate((one, one.select(np.zeros(500, np.intp)), solid)):
        path = tmp_path / f"{index}{suffix}"
        written = write_scene(splats, path, CompressSettings())
        theirs = read_ply(splat_transform(path, tmp_path / f"{index}.ply"))
        assert len(theirs) == written.gaussians == len(splats) - (index == 2)
        assert np.isfinite(theirs.means).all()
        assert np.isfinite(theirs.scales).all()


def test_we_read_the_finest_level_of_its_streamed_scene(splat_transform, tmp_path):
    write_ply(scene(rest=3), tmp_path / "in.ply")
    index = tmp_path / "streamed" / "lod-meta.json"
    index.parent.mkdir()
    splat_transform(tmp_path / "in.ply", index)
    theirs = read_ply(splat_transform(index, tmp_path / "theirs.ply"))
    ours = read_sog(index.parent)
    order_ours, order_theirs = (np.lexsort(each.means.T) for each in (ours, theirs))
    assert_same(ours.select(order_ours), theirs.select(order_theirs))


SAME = ["little_endian", "double", "float32_names", "shuffled", "normals", "comment_utf8", "faces_behind"]
"""Dialects of which some are read by splat-transform too; those that it refuses are listed below."""
REFUSED = ["float32_names", "faces_behind"]


@pytest.mark.parametrize("name", SAME)
def test_plys_that_both_read_have_equal_values(splat_transform, tmp_path, name):
    (tmp_path / "in.ply").write_bytes(EQUAL[name])
    ours = read_ply(tmp_path / "in.ply")
    if name in REFUSED:
        with pytest.raises(subprocess.CalledProcessError):
            splat_transform(tmp_path / "in.ply", tmp_path / "theirs.ply")
    else:
        assert_same(ours, read_ply(splat_transform(tmp_path / "in.ply", tmp_path / "theirs.ply")))


def test_two_scales_are_flat_in_both(splat_transform, tmp_path):
    values = {name: column for name, column in columns(50).items() if name != "scale_2"}
    (tmp_path / "in.ply").write_bytes(ply(values))
    ours = read_ply(tmp_path / "in.ply")
    theirs = read_sog(splat_transform(tmp_path / "in.ply", tmp_path / "theirs.sog"))
    assert len(theirs) == len(ours) == 50
    # splat-transform stores a scale of 0 as its smallest code: nothing that is seen.
    assert np.exp(theirs.scales[:, 2]).max() < 1e-3
