import numpy as np
import pytest

from components.shared.errors import InputError
from components.shared.splat_file.read_splat_file import RECORD, read_splat_file


def records(count=100):
    """Gaussians as antimatter15's converter writes them: a quaternion of ±128 is stored as 0 to 255."""
    rng = np.random.default_rng(0)
    quats = rng.normal(size=(count, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    rows = np.zeros(count, RECORD)
    rows["position"] = rng.normal(size=(count, 3))
    rows["scale"] = rng.uniform(0.01, 0.1, (count, 3))
    rows["color"] = rng.integers(0, 256, (count, 4))
    rows["rotation"] = np.clip(quats * 128 + 128, 0, 255)
    return rows, quats


def test_values_are_ours(tmp_path):
    rows, quats = records()
    rows["color"][0] = [255, 0, 128, 51]
    (tmp_path / "a.splat").write_bytes(rows.tobytes())
    splats = read_splat_file(tmp_path / "a.splat")
    np.testing.assert_array_equal(splats.means, rows["position"])
    np.testing.assert_allclose(np.exp(splats.scales), rows["scale"], rtol=1e-6)
    np.testing.assert_allclose(0.5 + 0.28209479 * splats.sh0[0], [1, 0, 128 / 255], atol=1e-6)
    np.testing.assert_allclose(splats.opacities[0], np.log(0.2 / 0.8), rtol=1e-5)
    np.testing.assert_allclose(splats.quats, quats, atol=1 / 128)


def test_the_content_counts_where_the_name_says_nothing(tmp_path):
    (tmp_path / "scene.bin").write_bytes(records(200)[0].tobytes())
    assert len(read_splat_file(tmp_path / "scene.bin")) == 200


def test_a_part_of_a_record_at_the_end_is_refused(tmp_path):
    (tmp_path / "a.splat").write_bytes(records()[0].tobytes()[:-1])
    with pytest.raises(InputError, match="3,199 bytes are no multiple of 32"):
        read_splat_file(tmp_path / "a.splat")


def test_impossible_scales_are_left_to_the_writers(tmp_path):
    rows, _ = records(2)
    rows["scale"][0], rows["scale"][1] = 0.0, -1.0
    (tmp_path / "a.splat").write_bytes(rows.tobytes())
    scales = read_splat_file(tmp_path / "a.splat").scales
    assert (scales[0] == -np.inf).all()
    assert np.isnan(scales[1]).all()
