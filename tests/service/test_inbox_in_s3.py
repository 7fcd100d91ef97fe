import json
import re

import pytest

from components.shared.run_layout import LATEST_FILE, REPORT_JSON, SCENE_SOG
from pipelines.inbox_to_sogs.run_local import PIPELINE, run_inbox
from pipelines.photos_to_sog.run_local import LocalJob

TINY = {"steps": 150, "max_gaussians": 1500, "image_max_side_px": 100, "min_points": 200, "quiet_minutes": 0}


@pytest.fixture
def inbox(s3, small_demo):
    """Four captures: good, good, two photos, and one that has a scene already."""
    photos = {"castle/": 12, "garden of 'roses'/": 11, "few/": 2, "old/": 3}
    for folder, count in photos.items():
        for name in small_demo.truth.names[:count]:
            s3.put(f"inbox/{folder}{name}", small_demo.folder / name)
    s3.put(f"scenes/old/{REPORT_JSON}", json.dumps({"status": "succeeded", "failure": None}).encode())
    return f"{s3.uri}/inbox/"


def run_pass(s3, inbox):
    events = []
    arguments = {"inbox": inbox, "output": f"{s3.uri}/scenes", **TINY}
    summary = run_inbox(LocalJob(arguments=arguments, pipeline=PIPELINE), events.append)
    assert json.loads(s3.get("scenes/inbox-summary.json")) == summary
    return summary, [event["stage"] for event in events if event["phase"] == "start"]


def titles(summary):
    return {state: [each["title"] for each in summary[state]] for state in ("processed", "failed", "skipped")}


def test_new_captures_become_scenes_bad_ones_stop_nobody_and_a_second_pass_does_nothing(s3, inbox):
    summary, _ = run_pass(s3, inbox)
    assert titles(summary) == {
        "processed": ["castle", "garden of 'roses'"],
        "failed": ["few"],
        "skipped": ["old"],
    }
    assert all(each["psnr_db"] > 10 and each["seconds"] > 1 for each in summary["processed"])
    (failed,) = summary["failed"]
    assert failed["failure"]["type"] == "InputError"
    assert "2 of 2 photos can be used; at least 3 are needed" in failed["failure"]["message"]
    for title in ("castle", "garden of 'roses'"):
        latest = json.loads(s3.get(f"scenes/{title}/{LATEST_FILE}"))
        scene = f"scenes/{title}/{latest['path']}{SCENE_SOG}"
        assert s3.get(scene)[:2] == b"PK"
        assert len(s3.get(scene)) == latest["files"][SCENE_SOG] == latest["bytes"]
        assert "immutable" in s3.client.stat_object(s3.bucket, scene).metadata["Cache-Control"]
        assert f"{latest['path']}viewer.html".encode() in s3.get(f"scenes/{title}/index.html")
    page = s3.get("scenes/index.html").decode()
    assert page.count('src="data:image/webp') == 2
    assert 'href="garden%20of%20%27roses%27/index.html"' in page
    without = re.search(r'Without a scene so far: <a href="(few/[^"]+)">few</a>\.', page)
    assert without
    assert "at least 3 are needed" in s3.get(f"scenes/{without.group(1)}").decode()
    names = s3.names()
    assert not [name for name in names if name.startswith("scenes/few/") and name.endswith(SCENE_SOG)]
    assert f"scenes/old/{SCENE_SOG}" not in names
    assert json.loads(s3.get(f"scenes/old/{LATEST_FILE}"))["path"] == ""
    assert not [name for name in names if ".kubesplat" in name or "/stages/" in name]

    summary, stages = run_pass(s3, inbox)
    assert stages == ["inbox"]
    assert titles(summary) == {
        "processed": [],
        "failed": [],
        "skipped": ["castle", "few", "garden of 'roses'", "old"],
    }
    reasons = {each["title"]: each["reason"] for each in summary["skipped"]}
    assert reasons["castle"] == reasons["old"] == "has a scene"
    assert reasons["few"].startswith("failed, and has not changed since: ")
    kept = [name for name in s3.names() if name != "scenes/run.log"]
    assert kept == [name for name in names if name != "scenes/run.log"]

    s3.put("inbox/few/more.txt", b"a change that does not help")
    summary, stages = run_pass(s3, inbox)
    assert stages == ["inbox", "ingest"]
    assert titles(summary)["failed"] == ["few"]
