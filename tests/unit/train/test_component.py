"""The KFP component packs the results and stores the stage's record."""

import json
import tarfile

from kfp import dsl

from components.shared.run_folder import note_output
from components.train.component import train


def test_the_component_packs_the_splat_and_records_its_figures(scene_archive, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))
    splat, metrics = dsl.Model(uri=str(tmp_path / "splat")), dsl.Metrics(uri=str(tmp_path / "metrics"))
    note_output("0123", str(tmp_path / "out"), splat)
    train.python_func(
        scene=dsl.Dataset(uri=str(scene_archive)),
        splat=splat,
        metrics=metrics,
        fingerprint="0123",
        settings="backend=numba,steps=100,max_gaussians=1000",
    )
    with tarfile.open(splat.path) as tar:
        names = {name for name in tar.getnames() if not name.startswith("held_out")}
        assert names == {"cameras.json", "scene.json", "splat.ply", "training.json"}
        assert "held_out/00.png.png" in tar.getnames()
        record = json.load(tar.extractfile("training.json"))
    stage = json.loads((tmp_path / "out/stages/train.json").read_text())
    assert stage["figures"]["psnr_db"] == record["psnr_db"] == metrics.metadata["held_out_psnr_db"]
    assert stage["figures"]["backend"] == "numba"
    assert stage["failure"] is None
    assert not list(tmp_path.rglob("step-*.pt"))
