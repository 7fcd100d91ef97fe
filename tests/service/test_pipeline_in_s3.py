from components.shared.contracts.report import Report, RunStatus
from components.shared.run_layout import REPORT_JSON, SCENE_SOG
from pipelines.photos_to_sog.run_local import LocalJob, run_local

TINY = {"steps": 200, "max_gaussians": 2000, "image_max_side_px": 120, "min_points": 200}


def test_photos_intermediate_results_and_scene_live_in_s3(s3, small_demo):
    for name in small_demo.truth.names:
        s3.put(f"photos/{name}", small_demo.folder / name)
    arguments = {"capture": f"{s3.uri}/photos/", "output": f"{s3.uri}/scene", **TINY}
    report = run_local(LocalJob(arguments=arguments, artifacts=f"{s3.uri}/intermediate"), lambda _: None)
    assert report.status == RunStatus.SUCCEEDED, report.failure
    names = set(s3.names())
    assert {f"intermediate/{name}" for name in ("ingest/capture", "sfm/scene", "train/splat")} <= names
    assert s3.get(f"scene/{SCENE_SOG}")[:2] == b"PK"
    assert Report.parse(s3.get(f"scene/{REPORT_JSON}"), REPORT_JSON) == report
    assert not [name for name in names if "checkpoints" in name or "/stages/" in name]
