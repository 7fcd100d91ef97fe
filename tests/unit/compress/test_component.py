"""The KFP component unpacks its input and leaves the .sog, metrics and the stage's record."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path

from kfp import dsl

from components.compress.component import compress
from components.shared.archive import pack, unpack
from components.shared.run_folder import note_output
from components.shared.sog.read_sog import read_sog
from components.shared.spz.read_spz import read_spz

PLY = Path(__file__).parents[2] / "data" / "version_0_1_0" / "splat.ply"


def test_the_component_compresses_an_archive_of_training(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))
    (tmp_path / "trained").mkdir()
    shutil.copy(PLY, tmp_path / "trained")
    pack(tmp_path / "trained", tmp_path / "splat")
    exports = dsl.Dataset(uri=str(tmp_path / "exports"))
    sog, metrics = dsl.Model(uri=str(tmp_path / "sog")), dsl.Metrics(uri=str(tmp_path / "metrics"))
    note_output("0123", str(tmp_path / "out"), sog)
    compress.python_func(
        splat=dsl.Model(uri=str(tmp_path / "splat")),
        sog=sog,
        exports=exports,
        metrics=metrics,
        fingerprint="0123",
        settings='device=cpu,formats="spz,lod"',
    )
    assert len(read_sog(Path(sog.path))) == metrics.metadata["gaussians"] == 1000
    record = json.loads((tmp_path / "out/stages/compress.json").read_text())
    assert record["figures"]["bytes"] == Path(sog.path).stat().st_size
    assert record["versions"]["numpy"] == version("numpy")
    assert record["failure"] is None
    unpack(Path(exports.path), tmp_path / "unpacked")
    assert len(read_spz(tmp_path / "unpacked" / "scene.spz")) == 1000
    assert len(read_sog(tmp_path / "unpacked" / "lod")) == 1000
    assert list(record["figures"]["exports"]) == ["spz", "lod"]
    assert record["figures"]["exports"]["spz"] == (tmp_path / "unpacked" / "scene.spz").stat().st_size
    assert record["figures"]["exports_left_out"] == {}
