import os
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.evaluate.evaluate import evaluate
from components.evaluate.settings import EvaluateSettings
from components.evaluate.stage_records import stage_records
from components.shared.archive import pack
from components.shared.contracts.record import StageRecord
from components.shared.errors import QualityGateError
from components.shared.files import read_json, write_json
from components.shared.run_folder import note_output
from components.shared.splats import Splats, write_ply
from tests.toy_world import HELD_OUT, blurred, toy_splats, training_info

QUICK = {"thumbnail_px": 96, "flythrough_px": 64, "flythrough_seconds": 1.0, "flythrough_fps": 10}


@pytest.fixture
def artifacts(posed_scene, tmp_path):
    """Makes the archives of the stages before, and the delivered file, of any Gaussians."""

    def make(trained: Splats, delivered: Splats, **training: float) -> tuple[Path, Path, Path]:
        folder = tmp_path / "splat"
        write_ply(trained, folder / "splat.ply")
        write_json(folder / "training.json", {**training_info(), **training})
        paths = tmp_path / "scene.tar", tmp_path / "splat.tar", tmp_path / "scene.sog"
        pack(posed_scene.root, paths[0])
        pack(folder, paths[1])
        write_sog(delivered, paths[2], CompressSettings())
        return paths

    return make


def test_everything_is_written_and_measured_on_the_delivered_file(artifacts, stub_viewer, tmp_path):
    steps = []
    record = StageRecord(stage="train", seconds=75.0, peak_memory_bytes=250_000_000)
    result = evaluate(
        *artifacts(toy_splats(), toy_splats()),
        tmp_path / "out",
        EvaluateSettings(max_psnr_drop_db=100.0, **QUICK),
        steps.append,
        stages=[record],
    )
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {
        "evaluation.json",
        "flythrough.mp4",
        "report.html",
        "thumbnail.webp",
        "viewer.html",
    }
    written = read_json(out / "evaluation.json")
    assert written["delivered"] == result.figures()
    assert [view["name"] for view in written["views"]] == HELD_OUT
    # Compression loses something, and little.
    assert 30 < written["delivered"]["psnr_db"] < 70
    assert 0 < result.metrics()["psnr_drop_db"] < 70
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1.0


def test_the_video_and_the_thumbnail_show_the_scene(artifacts, stub_viewer, tmp_path):
    settings = EvaluateSettings(max_psnr_drop_db=100.0, **QUICK)
    evaluate(*artifacts(toy_splats(), toy_splats()), tmp_path / "out", settings)
    with av.open(str(tmp_path / "out" / "flythrough.mp4")) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
        assert video.streams.video[0].codec_context.pix_fmt == "yuv420p"
    assert len(frames) == settings.flythrough_frames == 10
    assert frames[0].shape == (48, 64, 3)
    assert np.abs(frames[0].astype(int) - frames[5]).mean() > 5  # it moves
    with Image.open(tmp_path / "out" / "thumbnail.webp") as image:
        assert image.size == (96, 72)
        pixels = np.asarray(image.convert("RGB")).astype(int)
    top, bottom = pixels[:18].mean(), pixels[-18:].mean()
    assert bottom > top + 40  # the floor is below, and nothing is above


def test_the_report_tells_the_likeness_in_the_photos_exposures(artifacts, stub_viewer, tmp_path):
    made = artifacts(toy_splats(), toy_splats(), psnr_color_corrected_db=31.24)
    evaluate(*made, tmp_path / "out", EvaluateSettings(max_psnr_drop_db=100.0, **QUICK))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "31.2 before compression, each in its photo" in page


def test_the_report_holds_everything_and_fetches_nothing(artifacts, stub_viewer, tmp_path):
    record = StageRecord(stage="train", seconds=75.0, peak_memory_bytes=250_000_000)
    settings = EvaluateSettings(title="Toys & <more>", max_psnr_drop_db=100.0, **QUICK)
    evaluate(
        *artifacts(toy_splats(), toy_splats()),
        tmp_path / "out",
        settings,
        stages=[record],
    )
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<h1>Toys &amp; &lt;more&gt;</h1>" in page
    assert "lost &lt;b&gt;&amp;.png" in page
    assert "too little overlap" in page
    assert "notes.txt" in page
    assert "1m15s" in page
    assert "250 MB" in page
    assert '<a href="viewer.html">' in page
    assert "scene.ply" not in _attributes(page, "href")
    assert "http" not in page
    assert "src=" in page
    assert all(source.startswith("data:") for source in _attributes(page, "src"))
    assert page.count('class="comparison"') == len(HELD_OUT)
    assert page.count('<svg class="chart"') == 3
    assert page.count('<svg class="map"') == 2


def test_a_bad_file_is_stopped_and_its_report_says_why(artifacts, stub_viewer, tmp_path):
    inputs = artifacts(toy_splats(), blurred(toy_splats(), 0.05))
    with pytest.raises(QualityGateError, match="compression costs too much"):
        evaluate(*inputs, tmp_path / "out", EvaluateSettings(**QUICK))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Not good enough to deliver" in page
    assert "--max-psnr-drop-db" in page
    assert read_json(tmp_path / "out" / "evaluation.json")["delivered"]["psnr_drop_db"] > 1.0


@dataclass
class File:
    """An artifact as a face sees it."""

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


def test_the_face_hands_on_the_report_and_one_archive(artifacts, stub_viewer, tmp_path, run_folder):
    from components.evaluate.component import evaluate as face

    inputs = [File(str(path)) for path in artifacts(toy_splats(), toy_splats())]
    report, presentation, metrics = (File(str(tmp_path / name)) for name in ("page", "pages.tar", "metrics"))
    output = tmp_path / "results" / "toys"
    put_record(output, "train", seconds=75.0)
    note_output("0123", str(output), presentation)
    face.python_func(
        *inputs,
        report,
        presentation,
        metrics,
        fingerprint="0123",
        title="toys",
        max_psnr_drop_db=100.0,
        settings="flythrough_seconds=1",
    )
    page = Path(report.path).read_text(encoding="utf-8")
    assert "<h1>toys</h1>" in page
    assert "1m15s" in page
    assert all(f'<a href="{name}">' in page for name in ("viewer.html", "scene.sog", "scene.ply"))
    with tarfile.open(presentation.path) as tar:
        assert sorted(tar.getnames()) == [
            "evaluation.json",
            "flythrough.mp4",
            "thumbnail.webp",
            "viewer.html",
        ]
    figures = read_json(output / "stages" / "evaluate.json")["figures"]
    assert figures["psnr_db"] == metrics.logged["delivered_psnr_db"]
    assert figures["lpips"] is None
    assert "delivered_lpips" not in metrics.logged


def test_the_face_of_a_bad_file_leaves_its_report_and_figures_at_the_output(
    artifacts, stub_viewer, tmp_path, run_folder
):
    from components.evaluate.component import evaluate as face

    inputs = [File(str(path)) for path in artifacts(toy_splats(), blurred(toy_splats(), 0.05))]
    outputs = [File(str(tmp_path / name)) for name in ("page", "pages.tar", "metrics")]
    note_output("0123", str(tmp_path / "results"), outputs[1])
    with pytest.raises(SystemExit) as exit_:
        face.python_func(*inputs, *outputs, fingerprint="0123")
    assert exit_.value.code == 4
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "Not good enough to deliver" in page
    assert all(link.startswith("data:") for link in _attributes(page, "href"))
    record = read_json(tmp_path / "results" / "stages" / "evaluate.json")
    assert record["failure"]["type"] == "QualityGateError"
    assert record["figures"]["psnr_drop_db"] > 1.0


def test_records_of_earlier_stages_are_read_in_their_order(tmp_path):
    put_record(tmp_path, "train", seconds=2.0)
    put_record(tmp_path, "ingest", seconds=1.0)
    put_record(tmp_path, "evaluate", seconds=3.0)
    assert [record.seconds for record in stage_records(str(tmp_path))] == [1.0, 2.0]


def test_records_of_an_earlier_run_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "earlier")
    put_record(tmp_path, "ingest", seconds=1.0)
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    put_record(tmp_path, "train", seconds=2.0)
    assert [record.stage for record in stage_records(str(tmp_path))] == ["train"]


def put_record(output: Path, stage: str, seconds: float) -> None:
    run = os.environ.get("KUBESPLAT_RUN")
    record = StageRecord(stage=stage, run=run, seconds=seconds, peak_memory_bytes=1_000_000)
    write_json(output / "stages" / f"{stage}.json", record.to_json())


@pytest.mark.parametrize(
    ("name", "value"), [("max_psnr_drop_db", -1.0), ("flythrough_fps", 0), ("thumbnail_px", 5)]
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        EvaluateSettings(**{name: value})


def _attributes(page: str, name: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split(f' {name}="')[1:]]
