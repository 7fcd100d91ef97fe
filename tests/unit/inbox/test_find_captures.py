"""The first task of a pass over an inbox, called as Kubeflow's executor calls it."""

import json
import os
import re
from pathlib import Path

import pytest

from pipelines.inbox_to_sogs.component import find_captures


@pytest.fixture
def inbox(tmp_path):
    photo = tmp_path / "inbox" / "castle" / "a.jpg"
    photo.parent.mkdir(parents=True)
    photo.touch()
    os.utime(photo, (1_600_000_000, 1_600_000_000))
    return tmp_path / "inbox"


def begun(inbox, **more):
    return find_captures.python_func(inbox=str(inbox), **more)


def test_it_hands_on_each_capture_with_the_place_of_its_results(inbox):
    scenes = inbox.with_name("inbox-scenes")
    ((capture, output),) = (each.values() for each in begun(inbox))
    assert capture == f"{inbox}/castle/"
    assert re.fullmatch(rf"{scenes}/castle/\d{{8}}T\d{{6}}Z-[0-9a-f]{{6}}", output)
    marker = json.loads((Path(output) / "version.json").read_text())
    assert (marker["scene"], marker["version"]) == ("castle", Path(output).name)


def test_text_wins_over_parameters(inbox):
    (inbox / "castle" / "b.jpg").touch()
    assert begun(inbox, options="quiet_minutes=0", inbox_settings="quiet_minutes=5") == []
    assert len(begun(inbox, options="quiet_minutes=5", inbox_settings="quiet_minutes=0,max_passes=2")) == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sfm_settings": "max_feature=9"}, "sfm has no setting 'max_feature'"),
        (
            {"inbox_settings": "max_passes=0"},
            "inbox.max_passes is 0; it must be a whole number from 1 to 1000",
        ),
        ({"options": "quiet_minutes=5,steps=50"}, "train.steps is 50"),
    ],
)
def test_a_wrong_setting_fails_the_pass_and_no_capture(inbox, more, message):
    with pytest.raises(SystemExit) as ended:
        begun(inbox, **more)
    assert ended.value.code == 3
    scenes = inbox.with_name("inbox-scenes")
    failure = json.loads((scenes / "stages" / "inbox.json").read_text())["failure"]
    assert failure["message"].startswith(message)
    assert not (scenes / "castle").exists()
    assert len(begun(inbox)) == 1
