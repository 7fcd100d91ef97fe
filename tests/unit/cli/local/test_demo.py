import shutil

import pytest

from pipelines.cli.local import demo as demo_run
from pipelines.cli.local import run as run_and_report
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS

pytestmark = pytest.mark.slow


class StartedError(Exception):
    pass


def test_the_demo_gets_as_far_as_the_pipeline(small_demo, tmp_path, monkeypatch):
    def render(photos, on_progress):
        shutil.copytree(small_demo.folder, photos)
        return small_demo.truth

    def start(job, show):
        raise StartedError(job.arguments)

    monkeypatch.setattr(demo_run, "render_demo_capture", render)
    monkeypatch.setattr(run_and_report, "run_local", start)
    settings = GivenSettings(options=OPTIONS, kinds=STAGE_SETTINGS, values={"steps": "300"})
    with pytest.raises(StartedError) as started:
        demo_run.run_demo(str(tmp_path / "demo"), settings)
    assert started.value.args[0] == {
        "capture": str(tmp_path / "demo/capture"),
        "output": str(tmp_path / "demo"),
        "steps": 300,
    }
