from dataclasses import dataclass

import pytest

from components.shared.artifacts import deliver_output
from components.shared.environment import ARTIFACTS_VARIABLE


@dataclass
class Written:
    path: str
    uri: str = ""


@pytest.mark.parametrize(
    ("place", "name"),
    [("run/train/splat", "train/splat"), ("run/for-loop-2-iteration-1/train/splat", None)],
)
def test_captures_of_one_run_do_not_share_a_name(tmp_path, monkeypatch, place, name):
    monkeypatch.setenv(ARTIFACTS_VARIABLE, str(tmp_path / "store"))
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text("splats")
    artifact = Written(str(path))
    deliver_output(artifact)
    name = name or "for-loop-2-iteration-1/train/splat"
    assert artifact.uri == f"{tmp_path}/store/{name}"
    assert (tmp_path / "store" / name).read_text() == "splats"
    assert not path.exists()
