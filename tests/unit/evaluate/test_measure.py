import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from components.evaluate.measure import check_gates, measure
from components.shared.errors import InputError, QualityGateError
from components.shared.image_metrics import PSNR_MAX_DB
from tests.toy_world import HELD_OUT, WIDTH, blurred, toy_splats


def test_the_world_that_made_the_photos_is_a_perfect_likeness(posed_scene):
    splats = toy_splats()
    measured = measure(posed_scene, HELD_OUT, splats, splats, WIDTH)
    assert measured.figures().to_json() == {
        "psnr_db": PSNR_MAX_DB,
        "ssim": pytest.approx(1.0),
        "lpips": None,
        "psnr_drop_db": 0.0,
    }
    assert [view.view.name for view in measured.views] == HELD_OUT
    assert measured.views[0].panels.error.max() == 0.0


def test_the_drop_is_what_the_delivered_file_lost_against_the_trained_one(posed_scene):
    trained, delivered = blurred(toy_splats(), 0.01), blurred(toy_splats(), 0.05)
    measured = measure(posed_scene, HELD_OUT, delivered, trained, WIDTH)
    alone = measure(posed_scene, HELD_OUT, trained, trained, WIDTH)
    assert measured.trained_psnr_db == alone.psnr_db
    assert measured.psnr_drop_db == pytest.approx(alone.psnr_db - measured.psnr_db)
    assert measured.psnr_drop_db > 3.0
    assert measured.ssim < alone.ssim


def test_lpips_is_averaged_where_it_is_measured(posed_scene):
    values = iter([0.2, 0.4])
    measured = measure(
        posed_scene, HELD_OUT, toy_splats(), toy_splats(), WIDTH, lambda render, photo: next(values)
    )
    assert measured.lpips == pytest.approx(0.3)


def test_photos_are_compared_at_the_size_that_training_saw(posed_scene):
    sizes = []
    measure(
        posed_scene,
        HELD_OUT,
        toy_splats(),
        toy_splats(),
        WIDTH // 2,
        lambda render, photo: sizes.append(render.shape) or 0.0,
    )
    assert sizes == [(45, 60, 3)] * 2


def test_what_is_masked_is_neither_measured_nor_drawn_as_error(posed_scene, tmp_path):
    shutil.copytree(posed_scene.root, tmp_path / "scene")
    (tmp_path / "scene/masks").mkdir()
    mask = np.full((45, 60), 255, np.uint8)
    mask[:20] = 0
    Image.fromarray(mask).save(tmp_path / f"scene/masks/{HELD_OUT[0]}.png")
    wrong = blurred(toy_splats(), 0.5)
    scene = replace(posed_scene, root=tmp_path / "scene")
    masked, whole = measure(scene, HELD_OUT, wrong, wrong, WIDTH).views
    before, _ = measure(posed_scene, HELD_OUT, wrong, wrong, WIDTH).views
    assert masked.psnr_db != before.psnr_db
    height = len(masked.panels.error)
    assert np.isnan(masked.panels.error[: height // 3]).all()
    assert not np.isnan(masked.panels.error[height // 2 :]).any()
    assert not np.isnan(whole.panels.error).any()


@pytest.mark.parametrize(("names", "problem"), [([], "held out"), (["99.png"], "99.png")])
def test_photos_that_are_not_in_the_scene_are_rejected(posed_scene, names, problem):
    with pytest.raises(InputError, match=problem):
        measure(posed_scene, names, toy_splats(), toy_splats(), WIDTH)


def test_gates_name_value_limit_and_remedy(posed_scene):
    trained, delivered = toy_splats(), blurred(toy_splats(), 0.05)
    measured = measure(posed_scene, HELD_OUT, delivered, trained, WIDTH)
    assert measured.psnr_db < 30
    check_gates(measured, max_psnr_drop_db=90.0, min_psnr_db=10.0)
    with pytest.raises(QualityGateError, match=f"{measured.psnr_drop_db:.2f} dB.* 1 dB") as drop:
        check_gates(measured, max_psnr_drop_db=1.0, min_psnr_db=10.0)
    assert "--max-psnr-drop-db" in drop.value.remedy
    with pytest.raises(QualityGateError, match=f"{measured.psnr_db:.1f} dB.* 35 dB"):
        check_gates(measured, max_psnr_drop_db=90.0, min_psnr_db=35.0)


def test_a_figure_that_is_not_a_number_passes_no_gate(posed_scene):
    measured = measure(posed_scene, HELD_OUT, toy_splats(), toy_splats(), WIDTH)
    broken = replace(measured, views=[replace(view, psnr_db=np.nan) for view in measured.views])
    with pytest.raises(QualityGateError):
        check_gates(broken, max_psnr_drop_db=1.0, min_psnr_db=15.0)
