"""SuperSplat's compressed ply, packed by hand from known values."""

import numpy as np
import pytest

from components.shared.errors import InputError
from components.shared.ply.read_ply import read_ply
from components.shared.rasterize.conventions import SH_C0
from tests.unit.shared.ply.ply_files import header

LIMITS = [f"{end}_{name}{axis}" for name in ("", "scale_") for end in ("min", "max") for axis in "xyz"]
COLORS = [f"{end}_{axis}" for end in ("min", "max") for axis in "rgb"]
PACKED = [f"packed_{name}" for name in ("position", "rotation", "scale", "color")]
COUNT = 300
"""More than one chunk of 256."""


def compressed(path, *, colors=True, rest=9, order="<", **changes):
    """A file whose first chunk lies from 0 to 1 and the second from 10 to 12; returns codes by property."""
    rng = np.random.default_rng(0)
    limits = LIMITS + (COLORS if colors else [])
    chunks = np.zeros((2, len(limits)), order + "f4")
    chunks[:, [i for i, name in enumerate(limits) if name.startswith("max")]] = 1
    chunks[1, :3], chunks[1, 3:6] = 10, 12
    vertices = rng.integers(0, 2**32, (COUNT, 4)).astype(order + "u4")
    sh = rng.integers(0, 256, (COUNT, rest), dtype=np.uint8)
    elements = {
        "chunk": (2, [f"float {name}" for name in limits]),
        "vertex": (COUNT, [f"uint {name}" for name in PACKED]),
        "sh": (COUNT, [f"uchar f_rest_{i}" for i in range(rest)]),
    }
    if not rest:
        del elements["sh"]
    form = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    data = header(elements | changes, form=form) + chunks.tobytes() + vertices.tobytes() + sh.tobytes()
    path.write_bytes(data)
    return vertices.astype(np.int64), sh


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_are_unpacked_between_the_limits_of_their_chunk(tmp_path, order):
    vertices, sh = compressed(tmp_path / "a.ply", order=order)
    splats = read_ply(tmp_path / "a.ply")
    x, y, z = vertices[:, 0] >> 21, vertices[:, 0] >> 11 & 1023, vertices[:, 0] & 2047
    unit = np.stack([x / 2047, y / 1023, z / 2047], axis=1)
    expected = np.where(np.arange(COUNT)[:, None] < 256, unit, 10 + 2 * unit)
    np.testing.assert_allclose(splats.means, expected, rtol=1e-6)
    np.testing.assert_allclose(splats.scales[:, 1], (vertices[:, 2] >> 11 & 1023) / 1023, rtol=1e-6)
    np.testing.assert_allclose(0.5 + SH_C0 * splats.sh0[:, 2], (vertices[:, 3] >> 8 & 255) / 255, atol=1e-6)
    alphas = 1 / (1 + np.exp(-splats.opacities.astype(np.float64)))
    np.testing.assert_allclose(alphas, (vertices[:, 3] & 255) / 255, atol=1e-6)
    steps = np.where(sh == 255, 1, np.where(sh == 0, 0, (sh + 0.5) / 256))
    np.testing.assert_allclose(splats.shN[:, 1, 2], (steps[:, 7] - 0.5) * 8, rtol=1e-6)


def test_quaternions_omit_their_largest_component(tmp_path):
    vertices, _ = compressed(tmp_path / "a.ply")
    quats = read_ply(tmp_path / "a.ply").quats
    omitted = vertices[:, 1] >> 30
    first = ((vertices[:, 1] >> 20 & 1023) / 1023 - 0.5) * np.sqrt(2)
    rows = np.arange(COUNT)
    np.testing.assert_allclose(quats[rows, np.where(omitted == 0, 1, 0)], first, atol=1e-6)
    kept = np.sum(quats**2, axis=1) - quats[rows, omitted] ** 2
    np.testing.assert_allclose(quats[rows, omitted], np.sqrt(np.maximum(0, 1 - kept)), atol=1e-6)


def test_older_files_have_neither_limits_of_colors_nor_sh(tmp_path):
    vertices, _ = compressed(tmp_path / "a.ply", colors=False, rest=0)
    splats = read_ply(tmp_path / "a.ply")
    np.testing.assert_allclose(0.5 + SH_C0 * splats.sh0[:, 0], (vertices[:, 3] >> 24) / 255, atol=1e-6)
    assert splats.sh_degree == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chunk": (1, [f"float {name}" for name in LIMITS])}, "1 chunks for 300 Gaussians; 2 are needed"),
        ({"chunk": (2, ["float min_x"])}, "compressed ply that lacks min_y"),
        (
            {"chunk": (2, [f"float {name}" for name in [*LIMITS, "min_r"]])},
            "lacks min_g, min_b, max_r, max_g, max_b",
        ),
        ({"vertex": (300, ["uint packed_position"])}, "lacks packed_rotation, packed_scale, packed_color"),
        ({"sh": (300, ["uchar f_rest_0"])}, "1 f_rest values"),
        ({"sh": (7, [f"uchar f_rest_{i}" for i in range(9)])}, "f_rest of 7 Gaussians"),
        ({"sh": (300, [f"uchar f_rest_{i + 1}" for i in range(9)])}, "lacks f_rest_0"),
        ({"sh": (3000, [f"uchar f_rest_{i}" for i in range(9)])}, "announces 3,000 rows of sh"),
    ],
)
def test_a_damaged_file_is_an_error(tmp_path, changes, message):
    compressed(tmp_path / "a.ply", **changes)
    with pytest.raises(InputError, match=rf"a\.ply: .*{message}"):
        read_ply(tmp_path / "a.ply")


def test_limits_beyond_float32_are_not_finite_and_no_warning(tmp_path, recwarn):
    compressed(tmp_path / "a.ply", chunk=(2, [f"double {name}" for name in LIMITS]), rest=0)
    data = (tmp_path / "a.ply").read_bytes()
    start = data.index(b"end_header\n") + len(b"end_header\n")
    limits = np.full((2, len(LIMITS)), 1e300).tobytes()
    (tmp_path / "a.ply").write_bytes(data[:start] + limits + data[start:])
    assert not np.isfinite(read_ply(tmp_path / "a.ply").means[:256]).any()
    assert not recwarn.list
