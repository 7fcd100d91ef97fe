import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from components.evaluate.component import evaluate
from components.shared.archive import pack
from components.shared.contracts.record import StageRecord
from components.shared.files import read_json, write_json
from components.shared.run_folder import note_output
from components.shared.run_layout import TRAINING_CURVES
from tests.toy_world import blurred, toy_splats


@dataclass
class File:
    """An artifact as KFP passes it to a component."""

    path: str
    logged: dict[str, float] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return self.path

    def log_metric(self, metric: str, value: float) -> None:
        self.logged[metric] = value


@pytest.fixture
def run_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))


def artifacts(outputs, folder):
    """The input artifacts of the component: scene and splat as archives."""
    scene, splat, sog = outputs
    pack(scene, folder / "scene.tar")
    pack(splat, folder / "splat.tar")
    return [File(str(path)) for path in (folder / "scene.tar", folder / "splat.tar", sog)]


def test_the_component_writes_the_report_and_one_archive(stage_outputs, stub_viewer, tmp_path, run_folder):
    inputs = artifacts(stage_outputs(toy_splats(), toy_splats()), tmp_path)
    report, presentation, metrics = (File(str(tmp_path / name)) for name in ("page", "pages.tar", "metrics"))
    output = tmp_path / "results" / "toys"
    record = StageRecord(stage="train", seconds=75.0, peak_memory_bytes=1_000_000)
    write_json(output / "stages" / "train.json", record.to_json())
    note_output("0123", str(output), presentation)
    evaluate.python_func(
        *inputs,
        report,
        presentation,
        metrics,
        fingerprint="0123",
        title="toys",
        settings="flythrough_seconds=1,max_psnr_drop_db=100,tensorboard=on",
    )
    page = Path(report.path).read_text(encoding="utf-8")
    assert "<h1>toys</h1>" in page
    assert "1m15s" in page
    assert all(f'<a href="{name}">' in page for name in ("viewer.html", "scene.ply", TRAINING_CURVES))
    with tarfile.open(presentation.path) as tar:
        assert sorted(tar.getnames()) == [
            "evaluation.json",
            "flythrough.mp4",
            "tensorboard",
            TRAINING_CURVES,
            "thumbnail.webp",
            "viewer.html",
        ]
    figures = read_json(output / "stages" / "evaluate.json")["figures"]
    assert figures["psnr_db"] == metrics.logged["delivered_psnr_db"]
    assert figures["lpips"] is None
    assert "delivered_lpips" not in metrics.logged


@pytest.mark.slow
def test_a_gate_that_is_not_met_leaves_report_and_figures_at_the_output(
    stage_outputs, stub_viewer, tmp_path, run_folder
):
    inputs = artifacts(stage_outputs(toy_splats(), blurred(toy_splats(), 0.05)), tmp_path)
    outputs = [File(str(tmp_path / name)) for name in ("page", "pages.tar", "metrics")]
    note_output("0123", str(tmp_path / "results"), outputs[1])
    with pytest.raises(SystemExit) as exit_:
        evaluate.python_func(*inputs, *outputs, fingerprint="0123")
    assert exit_.value.code == 4
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "Not good enough to deliver" in page
    assert all(link.startswith("data:") for link in _attributes(page, "href"))
    record = read_json(tmp_path / "results" / "stages" / "evaluate.json")
    assert record["failure"]["type"] == "QualityGateError"
    assert record["figures"]["psnr_drop_db"] > 1.0


def _attributes(page: str, name: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split(f' {name}="')[1:]]
