"""Names under a run's output: later versions find the files of earlier ones by them."""

from components.shared import run_layout


def test_names_of_stored_files_do_not_change():
    assert run_layout.record_name("sfm") == "stages/sfm.json"
    assert run_layout.tries_name("train") == ".kubesplat/tries/train.json"
    assert run_layout.try_time_name("train", 2) == ".kubesplat/times/train-2.json"
    assert run_layout.plan_name("run-1") == ".kubesplat/plans/run-1.json"
    assert run_layout.pass_summary_name("pass-1") == ".kubesplat/plans/pass-1-summary.json"
    assert run_layout.CHECKPOINTS_FOLDER == ".kubesplat/checkpoints"
    assert run_layout.LOCK_FILE == ".kubesplat/lock"


def test_names_of_results_do_not_change():
    assert run_layout.SCENE_SOG == "scene.sog"
    assert run_layout.SCENE_PLY == "scene.ply"
    assert run_layout.REPORT_JSON == "report.json"
    assert run_layout.REPORT_PAGE == "report.html"
    assert run_layout.VIEWER == "viewer.html"
    assert run_layout.COLMAP_MODEL == "colmap.tar"
