import json

import pytest

from components.shared.contracts.scene import (
    FeatureEffort,
    LengthUnit,
    Mapper,
    Matching,
    PhotoVerdict,
    PoseSource,
    SceneInfo,
)
from components.shared.errors import InputError

OF_VERSION_0_1_0 = """{
  "schema": 1,
  "world": {
    "up": [0.0, -1.0, 0.0],
    "unit": "scene unit",
    "unit_note": "GPS not used: 0 photos have a position, 3 are needed",
    "capture_from_scene": [[2, 0, 0, -1], [0, 2, 0, 0], [0, 0, 2, 11], [0, 0, 0, 1]],
    "gps": null
  },
  "registered": 1,
  "registered_fraction": 0.5,
  "points": 4974,
  "reprojection_error_px": 0.295,
  "images": [
    {"name": "a.jpg", "verdict": "registered", "reason": "", "registered": true, "points": 1598,
     "reprojection_error_px": 0.366, "features": 6455, "best_matches": 1647},
    {"name": "b.jpg", "verdict": "few features", "reason": "only 12 details found", "registered": false,
     "points": 0, "reprojection_error_px": null, "features": 12, "best_matches": 0}
  ],
  "attempts": [
    {"matching": "exhaustive", "mapper": "global", "features": "patient", "registered": 1, "points": 4974,
     "reprojection_error_px": 0.295, "seconds": 18.5}
  ],
  "capture": {
    "images": 3, "accepted": 2, "ordered": false,
    "rejected": [{"name": "c.jpg", "verdict": "too small", "reason": "30 x 20 pixels"}]
  }
}"""
POSED_OF_VERSION_0_1_0 = {
    "poses": "given",
    "held_out": ["a.jpg"],
    "attempts": [
        {
            "matching": "poses given",
            "mapper": "none",
            "features": "none",
            "registered": 2,
            "points": 0,
            "reprojection_error_px": None,
            "seconds": 0.1,
        }
    ],
}


def parse(**changes):
    return SceneInfo.parse(json.dumps({**json.loads(OF_VERSION_0_1_0), **changes}), "scene.json")


def test_a_file_of_version_0_1_0_is_read():
    info = parse()
    assert [image.verdict for image in info.images] == [PhotoVerdict.REGISTERED, PhotoVerdict.FEW_FEATURES]
    (attempt,) = info.attempts
    assert (attempt.matching, attempt.mapper, attempt.features) == (
        Matching.EXHAUSTIVE,
        Mapper.GLOBAL,
        FeatureEffort.HIGH,
    )
    assert info.world.unit == LengthUnit.SCENE_UNIT
    assert info.world.capture_from_scene[2] == (0, 0, 2, 11)
    assert (info.poses, info.held_out) == (PoseSource.ESTIMATED, ())
    assert info.capture.rejected[0].name == "c.jpg"


def test_a_posed_file_of_version_0_1_0_is_read():
    info = parse(**POSED_OF_VERSION_0_1_0)
    assert (info.poses, info.held_out) == (PoseSource.GIVEN, ("a.jpg",))
    assert (info.attempts[0].matching, info.attempts[0].mapper) == (Matching.NONE, Mapper.NONE)


def test_what_is_written_is_read_again(tmp_path):
    info = parse()
    info.write(tmp_path / "scene.json")
    assert SceneInfo.read(tmp_path / "scene.json") == info
    written = json.loads((tmp_path / "scene.json").read_text())
    old = json.loads(OF_VERSION_0_1_0)
    old["capture"] |= {"changes": {}, "notes": []}
    old["attempts"][0]["consistent_fraction"] = None
    old["images"] = [{**image, "frame": "", "views": []} for image in old["images"]]
    old["attempts"][0]["consistent_fraction"] = None
    old["world"]["georeference"] = written["world"]["georeference"]
    assert old["world"]["georeference"]["kind"] == "none"
    assert {name: written[name] for name in old} == old
    assert written.keys() - old.keys() == {"poses", "held_out"}


def test_the_figures_list_photos_without_a_pose():
    figures = parse().figures().to_json()
    assert figures["unregistered"] == [
        {"name": "b.jpg", "verdict": "few features", "reason": "only 12 details found"}
    ]
    assert (figures["registered"], figures["registered_fraction"], figures["points"]) == (1, 0.5, 4974)
    assert figures["attempts"][0]["features"] == "patient"


def test_metrics_have_their_unit_in_the_name():
    assert parse().metrics() == {
        "registered_images": 1,
        "registered_fraction": 0.5,
        "points": 4974,
        "reprojection_error_px": 0.295,
    }


def test_an_unknown_verdict_is_refused():
    image = {"name": "a.jpg", "verdict": "lost", "reason": "", "registered": False}
    with pytest.raises(InputError, match=r"images\[0\].verdict is 'lost'"):
        parse(images=[image])
