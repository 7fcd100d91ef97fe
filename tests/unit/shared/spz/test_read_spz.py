"""Files of every version, and damaged ones."""

import struct
import tracemalloc

import numpy as np
import pytest
import zstandard

from components.shared.errors import InputError
from components.shared.move_splats import rotate_sh, rotation_matrix, unit_quats
from components.shared.spz.read_spz import read_spz
from components.shared.spz.write_spz import write_spz
from tests.unit.shared.sog.sog_scenes import random_splats
from tests.unit.shared.spz.spz_files import axes, gzip_bomb, legacy, one_gaussian, version_4


def read(data, folder):
    path = folder / "scene.bin"
    path.write_bytes(data)
    return read_spz(path)


def file_of(version, **options):
    attributes = one_gaussian(version, degree=options.get("degree", 0), turned=options.pop("turned", False))
    return (
        version_4(attributes, **options) if version == 4 else legacy(attributes, version=version, **options)
    )


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_all_versions_have_the_same_values(tmp_path, version):
    splats = read(file_of(version), tmp_path)
    assert len(splats) == 1
    # x right, y up, z back becomes x right, y down, z forward.
    np.testing.assert_allclose(splats.means, [[1, -2, -3]])
    np.testing.assert_allclose(splats.scales, [[-4] * 3])
    np.testing.assert_allclose(splats.opacities, np.log(128 / 127), rtol=1e-3)
    np.testing.assert_allclose(splats.sh0, [[0.0131, 0.0131, 3.3333]], atol=1e-3)
    np.testing.assert_allclose(np.abs(splats.quats), [[0, 1, 0, 0]], atol=0.01)
    assert splats.shN.shape == (1, 0, 3)
    assert not splats.antialiased


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_gaussian_that_is_turned_around_x_in_spz_is_not_turned_in_a_ply(tmp_path, version):
    quats = read(file_of(version, turned=True), tmp_path).quats
    np.testing.assert_allclose(np.abs(quats), [[1, 0, 0, 0]], atol=0.1)


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize(("degree", "coefficients"), [(1, 3), (2, 8), (3, 15), (4, 15)])
def test_spherical_harmonics_of_all_degrees(tmp_path, version, degree, coefficients):
    splats = read(file_of(version, degree=degree), tmp_path)
    expected = rotate_sh(np.full((1, coefficients, 3), 0.5, np.float32), np.array([0.0, 1.0, 0.0, 0.0]))
    np.testing.assert_array_equal(splats.shN, expected)
    assert bool(splats.notes) == (degree == 4)


@pytest.mark.parametrize(
    ("code", "mean"),
    [
        (0, [1, -2, -3]),
        (1, [-1, 2, -3]),
        (4, [1, -2, -3]),
        (6, [1, 2, 3]),
        (7, [-1, -2, 3]),
        (12, [1, -3, 2]),
    ],
)
@pytest.mark.parametrize("version", [3, 4])
def test_an_extension_names_other_axes(tmp_path, version, code, mean):
    option = {"behind": axes(code)} if version == 3 else {"extensions": axes(code)}
    np.testing.assert_allclose(read(file_of(version, **option), tmp_path).means, [mean], atol=1e-6)


def test_left_handed_axes_are_refused(tmp_path):
    with pytest.raises(InputError, match="code 8, which are left-handed"):
        read(file_of(4, extensions=axes(8)), tmp_path)


@pytest.mark.parametrize("coefficients", [0, 3, 8, 15])
def test_what_is_written_is_read_within_half_a_step(tmp_path, coefficients):
    splats = random_splats(500, coefficients)
    write_spz(splats, tmp_path / "a.spz")
    back = read_spz(tmp_path / "a.spz")
    middle = np.exp(np.median(np.sort(splats.scales, axis=1)[:, 1]))
    assert np.abs(back.means - splats.means).max() <= middle / 16
    assert np.abs(back.scales - splats.scales).max() <= 1 / 32 + 1e-5
    cosines = np.abs(np.sum(unit_quats(back.quats) * unit_quats(splats.quats), axis=1))
    assert np.degrees(2 * np.arccos(cosines.clip(max=1.0))).max() < 0.4
    colors = np.abs(back.sh0 - splats.sh0.clip(-0.5 / 0.15, 0.5 / 0.15))
    assert colors.max() <= 0.5 / 255 / 0.15 + 1e-5
    assert np.abs(back.shN - splats.shN.clip(-1, 1)).max(initial=0) <= 8 / 128 + 1e-6
    assert back.shN.shape == splats.shN.shape


def test_the_render_mode_is_kept(tmp_path):
    from dataclasses import replace

    write_spz(replace(random_splats(5, 0), antialiased=True), tmp_path / "a.spz")
    assert read_spz(tmp_path / "a.spz").antialiased


def test_a_sky_costs_no_precision_and_looks_the_same_from_the_origin(tmp_path):
    splats = random_splats(1000, 0)
    splats.means[:3], splats.scales[:3] = [[1e6, 0, 0], [0, -3e8, 0], [1e5, 1e5, 0]], 5.0
    write_spz(splats, tmp_path / "a.spz")
    back = read_spz(tmp_path / "a.spz")
    assert np.abs(back.means[3:] - splats.means[3:]).max() <= 0.001
    ours, theirs = (np.linalg.norm(each.means[:3], axis=1, keepdims=True) for each in (splats, back))
    np.testing.assert_allclose(back.means[:3] / theirs, splats.means[:3] / ours, atol=1e-6)
    angles = back.scales[:3] - np.log(theirs) - (splats.scales[:3] - np.log(ours))
    assert np.abs(angles[[0, 2]]).max() < 1 / 16


def test_a_scene_far_from_the_origin_has_a_coarser_grid_or_is_refused(tmp_path):
    splats = random_splats(100, 0)
    splats.means[:, 0] += 1e6
    write_spz(splats, tmp_path / "a.spz")
    assert np.abs(read_spz(tmp_path / "a.spz").means - splats.means).max() <= 2.0**-3 / 2 + 0.07
    splats.means[:, 0] += 1e8
    with pytest.raises(InputError, match="up to 8,388,607"):
        write_spz(splats, tmp_path / "b.spz")
    assert not (tmp_path / "b.spz").exists()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_every_truncated_file_is_refused(tmp_path, version):
    data = file_of(version, degree=1)
    for size in range(5, len(data) - (12 if version < 4 else 0)):  # gzip's end is not needed
        with pytest.raises(InputError):
            read(data[:size], tmp_path)


def patched(data, offset, form, value):
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, value)
    return bytes(changed)


def announcing(size):
    """A zstd stream of 100 zeros whose frame announces `size` bytes."""
    return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", size) + zstandard.compress(bytes(100))[6:]


LYING = {
    "count": (patched(file_of(4), 8, "<I", 2**32 - 1), "announces 4,294,967,295 Gaussians"),
    "more": (patched(file_of(4), 8, "<I", 90_000), "positions has 9 bytes, not 810,000"),
    "degree": (patched(file_of(4), 12, "B", 5), "SH of degree 5"),
    "bits": (patched(file_of(4), 13, "B", 200), "200 fractional bits"),
    "streams": (patched(file_of(4), 15, "B", 6), "6 streams; its header needs 5"),
    "table": (patched(file_of(4), 16, "<I", 2**31), "table of streams"),
    "table in header": (patched(file_of(4), 16, "<I", 8), "table of streams"),
    "stream": (patched(file_of(4), 32, "<Q", 2**63), "ends within its positions"),
    "size": (patched(file_of(4), 40, "<Q", 2**63), "has 9,223,372,036,854,775,808 bytes, not 9"),
    "version": (patched(file_of(4), 4, "<I", 5), "SPZ of version 5"),
    "gzip version": (patched(file_of(4), 4, "<I", 3), "not packed by gzip"),
}


@pytest.mark.parametrize("name", LYING)
def test_a_header_that_lies_is_refused_with_the_value(tmp_path, name):
    data, message = LYING[name]
    with pytest.raises(InputError, match=message) as caught:
        read(data, tmp_path)
    assert caught.value.message.startswith("scene.bin: ")


def test_a_stream_that_announces_gigabytes_takes_no_memory(tmp_path):
    attributes = one_gaussian()
    data = bytearray(version_4(attributes))
    stream = announcing(2**40)
    assert zstandard.frame_content_size(stream) == 2**40
    struct.pack_into("<Q", data, 32, len(stream))
    with pytest.raises(InputError, match="unpack to 1,099,511,627,776 bytes, not 9"):
        read(bytes(data[: 32 + 5 * 16]) + stream + bytes(data[-200:]), tmp_path)


def test_a_gzip_bomb_is_unpacked_only_as_far_as_its_header_allows(tmp_path):
    header = struct.pack("<4sIIBBBB", b"NGSP", 3, 10_000, 0, 12, 0, 0)
    bomb = gzip_bomb(header, 256 << 20)
    tracemalloc.start()
    assert len(read(bomb, tmp_path)) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_axes_turn_rotations_as_well(tmp_path):
    splats = random_splats(20, 3)
    write_spz(splats, tmp_path / "a.spz")
    back = read_spz(tmp_path / "a.spz")
    for ours, theirs in zip(unit_quats(splats.quats), unit_quats(back.quats), strict=True):
        np.testing.assert_allclose(rotation_matrix(ours), rotation_matrix(theirs), atol=0.01)
