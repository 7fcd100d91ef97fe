"""SOG written and read back, and files that are not what they should be."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared.errors import InputError
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats


def scene(count: int = 3000, rest: int = 8) -> Splats:
    rng = np.random.default_rng(5)

    def draw(*shape: int, mean: float = 0.0, deviation: float = 1.0) -> np.ndarray:
        return rng.normal(mean, deviation, shape).astype(np.float32)

    return Splats(
        means=draw(count, 3, deviation=3.0),
        quats=draw(count, 4),
        scales=draw(count, 3, mean=-4.0),
        opacities=draw(count, mean=2.0),
        sh0=draw(count, 3),
        shN=draw(count, rest, 3, deviation=0.2),
    )


@pytest.fixture
def written(tmp_path):
    return write_sog(scene(), tmp_path / "scene.sog", CompressSettings()), tmp_path / "scene.sog"


@pytest.mark.parametrize("rest", [0, 3, 8, 15])
def test_the_round_trip_changes_little(tmp_path, rest):
    result = write_sog(scene(rest=rest), tmp_path / "scene.sog", CompressSettings())
    back = read_sog(tmp_path / "scene.sog")
    assert len(back) == result.gaussians == 3000
    assert back.shN.shape == (3000, rest, 3)
    errors = result.errors
    # Rounding, not truncating: half a step of 8 bits at most, and the rotation error halves.
    assert errors.opacity < 0.25 / 255 * 1.1
    assert errors.rotation_degrees < 0.4
    assert errors.position < 5e-4
    assert errors.log_scale < 0.01
    assert errors.f_dc < 0.01


def test_the_figures_are_those_of_the_file(written):
    result, path = written
    assert result.bytes == path.stat().st_size
    assert result.ratio == pytest.approx(result.ply_bytes / result.bytes)
    assert result.bytes_per_gaussian == pytest.approx(result.bytes / 3000)


def test_equal_seeds_give_equal_files(written, tmp_path):
    write_sog(scene(), tmp_path / "again.sog", CompressSettings())
    assert (tmp_path / "again.sog").read_bytes() == written[1].read_bytes()


def test_the_archive_is_one_that_viewers_read(written):
    with zipfile.ZipFile(written[1]) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.comment == b""
        meta = json.loads(archive.read("meta.json"))
        assert set(archive.namelist()) == {"meta.json"}.union(
            *(
                section["files"]
                for section in meta.values()
                if isinstance(section, dict) and "files" in section
            )
        )
    assert meta["version"] == 2
    assert len(meta["scales"]["codebook"]) == len(meta["sh0"]["codebook"]) == 256


@pytest.mark.parametrize("antialiased", [False, True])
def test_the_file_says_how_it_is_drawn(tmp_path, antialiased):
    write_sog(replace(scene(500), antialiased=antialiased), tmp_path / "scene.sog", CompressSettings())
    assert read_sog(tmp_path / "scene.sog").antialiased == antialiased
    with zipfile.ZipFile(tmp_path / "scene.sog") as archive:
        meta = json.loads(archive.read("meta.json"))
    assert meta.get("model") == ("antialiased" if antialiased else None)


def test_an_order_by_place_is_smaller_than_none(tmp_path):
    line = np.linspace(-1, 1, 4096, dtype=np.float32)
    ordered = replace(scene(4096, 0), means=np.stack([line, line, line], axis=1))
    shuffled = ordered.select(np.random.default_rng(0).permutation(4096))
    result = write_sog(shuffled, tmp_path / "scene.sog", CompressSettings())
    assert result.file_bytes["means_u.webp"] < 0.25 * 4096
    np.testing.assert_array_equal(np.diff(read_sog(tmp_path / "scene.sog").means[:, 0]) >= -1e-4, True)


def test_what_cannot_be_shown_is_left_out_and_counted(tmp_path):
    broken = scene()
    broken.means[3, 0] = np.nan
    broken.scales[7, 1] = np.inf
    broken.opacities[11] = -20.0
    result = write_sog(broken, tmp_path / "scene.sog", CompressSettings())
    assert (result.dropped.invalid, result.dropped.invisible) == (2, 1)
    assert len(read_sog(tmp_path / "scene.sog")) == 2997


def test_nothing_to_show_is_an_error_and_no_file(tmp_path):
    broken = scene(10)
    broken.means[:] = np.nan
    with pytest.raises(InputError, match="none of 10 Gaussians can be shown"):
        write_sog(broken, tmp_path / "scene.sog", CompressSettings())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.99])
def test_a_part_of_a_file_is_an_error_to_read(written, tmp_path, keep):
    data = written[1].read_bytes()
    length = keep if isinstance(keep, int) else int(len(data) * keep)
    (tmp_path / "part.sog").write_bytes(data[:length])
    with pytest.raises(InputError) as caught:
        read_sog(tmp_path / "part.sog")
    assert "part.sog" in caught.value.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, "version 3"),
        ({"count": 10**9}, "count"),
        ({"count": "many"}, "count"),
        ({"means": None}, "means"),
        ({"quats": {"files": ["elsewhere.webp"]}}, "elsewhere.webp"),
    ],
)
def test_a_wrong_meta_is_an_error_to_read(written, tmp_path, change, message):
    with zipfile.ZipFile(written[1]) as source, zipfile.ZipFile(tmp_path / "bad.sog", "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "meta.json":
                data = json.dumps(json.loads(data) | change).encode()
            target.writestr(name, data)
    with pytest.raises(InputError, match=message):
        read_sog(tmp_path / "bad.sog")


def test_a_folder_reads_like_the_archive(written, tmp_path):
    with zipfile.ZipFile(written[1]) as archive:
        archive.extractall(tmp_path / "folder")
    for path in (tmp_path / "folder", tmp_path / "folder" / "meta.json"):
        np.testing.assert_array_equal(read_sog(path).means, read_sog(written[1]).means)


def test_version_1_of_a_real_scene_is_read(shared_data):
    splats = read_sog(shared_data / "splats" / "house_sog_v1")
    assert len(splats) == 1_183_744
    assert splats.sh_degree == 3
    np.testing.assert_allclose(np.linalg.norm(splats.quats[:1000], axis=1), 1.0, atol=1e-3)
    assert np.isfinite(splats.means).all()
    assert -12 < np.median(splats.scales) < 0
