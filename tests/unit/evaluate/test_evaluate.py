import av
import numpy as np
import pytest
from PIL import Image

from components.evaluate.evaluate import evaluate
from components.evaluate.measure import render_image
from components.evaluate.settings import EvaluateSettings
from components.shared.contracts.record import StageRecord
from components.shared.errors import InputError, QualityGateError
from components.shared.files import read_json
from components.shared.run_layout import CLEAN_UP_AFTER, CLEAN_UP_BEFORE
from tests.toy_world import HELD_OUT, blurred, toy_splats

QUICK = {"thumbnail_px": 96, "flythrough_px": 64, "flythrough_seconds": 1.0, "flythrough_fps": 10}


def test_everything_is_written_and_measured_on_the_delivered_file(stage_outputs, stub_viewer, tmp_path):
    steps = []
    record = StageRecord(stage="train", seconds=75.0, peak_memory_bytes=250_000_000)
    result = evaluate(
        *stage_outputs(toy_splats(), toy_splats()),
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
    assert written["delivered"] == result.figures().to_json()
    assert [view["name"] for view in written["views"]] == HELD_OUT
    # Compression loses something, and little.
    assert 30 < written["delivered"]["psnr_db"] < 70
    assert 0 < result.metrics()["psnr_drop_db"] < 70
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1.0


def test_the_video_and_the_thumbnail_show_the_scene(stage_outputs, stub_viewer, tmp_path):
    settings = EvaluateSettings(max_psnr_drop_db=100.0, **QUICK)
    evaluate(*stage_outputs(toy_splats(), toy_splats()), tmp_path / "out", settings)
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


def test_the_report_shows_the_psnr_in_the_photos_exposures(stage_outputs, stub_viewer, tmp_path):
    made = stage_outputs(toy_splats(), toy_splats(), psnr_color_corrected_db=31.24)
    evaluate(*made, tmp_path / "out", EvaluateSettings(max_psnr_drop_db=100.0, **QUICK))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "31.2 before compression, each in its photo" in page


def test_the_report_says_what_an_inspection_expected(stage_outputs, stub_viewer, tmp_path):
    expected = {"verdicts": {"expected": 7, "<blurred>": 1}, "expected_registered": 7, "seconds": 75.0}
    record = StageRecord(stage="inspect", figures={"inspection": expected}, seconds=9.0)
    settings = EvaluateSettings(max_psnr_drop_db=100.0, **QUICK)
    evaluate(*stage_outputs(toy_splats(), toy_splats()), tmp_path / "out", settings, stages=[record])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "7 of 8 photos to fit together (1 &lt;blurred&gt;). Its forecast: 1m15s." in page


def test_the_report_says_what_was_cleaned_up(stage_outputs, stub_viewer, tmp_path):
    rules = {"haze": {"found": 81, "removed": True, "psnr_change_db": 0.43}}
    cleaned = {"rules": rules, "psnr_before_db": 14.33, "psnr_after_db": 14.76}
    made = stage_outputs(toy_splats(), toy_splats(), clean_up=cleaned)
    evaluate(*made, tmp_path / "out", EvaluateSettings(max_psnr_drop_db=100.0, **QUICK))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Clean-up: removed 81 Gaussians of haze: held-out PSNR 14.33 to 14.76 dB." in page
    assert "Before the clean-up" not in page  # as trained by an earlier version


def test_the_report_shows_the_view_before_and_after_the_clean_up(
    stage_outputs, stub_viewer, posed_scene, tmp_path
):
    view = posed_scene.views[3]
    cleaned = {"rules": {}, "psnr_before_db": 14.33, "psnr_after_db": 14.76, "pictured": view.name}
    scene, splat, sog = stage_outputs(toy_splats(), toy_splats(), clean_up=cleaned)
    for name, amount in ((CLEAN_UP_BEFORE, 0.05), (CLEAN_UP_AFTER, 0.0)):
        picture = Image.fromarray(render_image(blurred(toy_splats(), amount), view.camera))
        picture.save(splat / name, "WEBP")
    settings = EvaluateSettings(max_psnr_drop_db=100.0, **QUICK)
    evaluate(scene, splat, sog, tmp_path / "out", settings)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"Render of the view of {view.name} before the clean-up" in page
    assert (
        page.count("data:image/webp;base64,", page.index("comparison pair"), page.index("<small>After")) == 2
    )
    (splat / CLEAN_UP_AFTER).unlink()
    with pytest.raises(InputError, match=r"clean_up_after\.webp cannot be read"):
        evaluate(scene, splat, sog, tmp_path / "out", settings)


def test_the_report_holds_everything_and_fetches_nothing(stage_outputs, stub_viewer, tmp_path):
    record = StageRecord(stage="train", seconds=75.0, peak_memory_bytes=250_000_000)
    settings = EvaluateSettings(title="Toys & <more>", max_psnr_drop_db=100.0, **QUICK)
    evaluate(
        *stage_outputs(toy_splats(), toy_splats()),
        tmp_path / "out",
        settings,
        stages=[record],
    )
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<h1>Toys &amp; &lt;more&gt;</h1>" in page
    assert "lost &lt;b&gt;&amp;.png" in page
    assert "<li>&lt;b&gt;.png is not named by transforms.json and was left out.</li>" in page
    assert "<li>3 photos were converted: HEIF to JPEG.</li>" in page
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


def test_a_bad_file_is_stopped_and_its_report_says_why(stage_outputs, stub_viewer, tmp_path):
    inputs = stage_outputs(toy_splats(), blurred(toy_splats(), 0.05))
    with pytest.raises(QualityGateError, match="compression costs too much") as error:
        evaluate(*inputs, tmp_path / "out", EvaluateSettings(**QUICK))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Not good enough to deliver" in page
    assert "--max-psnr-drop-db" in page
    delivered = read_json(tmp_path / "out" / "evaluation.json")["delivered"]
    assert delivered["psnr_drop_db"] > 1.0
    assert error.value.figures == delivered


def _attributes(page: str, name: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split(f' {name}="')[1:]]
