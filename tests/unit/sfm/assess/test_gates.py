import numpy as np
import pycolmap
import pytest

from components.sfm.assess.gaps import Gap
from components.sfm.assess.gates import check_gates, passes, shows_depth, unmet_gate
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import PhotoVerdict, SceneImage
from components.shared.errors import ReconstructionError

DEPTH = pycolmap.TwoViewGeometryConfiguration.CALIBRATED
FLAT = pycolmap.TwoViewGeometryConfiguration.PLANAR_OR_PANORAMIC


def image(name, verdict, reason):
    registered = verdict == PhotoVerdict.REGISTERED
    return SceneImage(name=name, verdict=verdict, reason=reason, registered=registered)


def verdicts(registered, lost, verdict=PhotoVerdict.UNMATCHED):
    found = [image(f"{i}.jpg", PhotoVerdict.REGISTERED, "") for i in range(registered)]
    return found + [image(f"lost{i}.jpg", verdict, "too little overlap") for i in range(lost)]


@pytest.mark.parametrize(
    ("registered", "points", "expected"),
    [(6, 1000, True), (6, 999, False), (5, 1000, True), (4, 9000, False)],
)
def test_both_gates_must_be_met(registered, points, expected):
    settings = SfmSettings(min_points=1000, min_registered_fraction=0.4)
    assert passes(registered, 10, points, settings) is expected
    if expected:
        check_gates(verdicts(registered, 10 - registered), points, settings, shows_depth=True, gaps={})


def test_exactly_the_required_fraction_is_not_enough():
    assert not passes(5, 10, 1000, SfmSettings())
    assert passes(6, 11, 1000, SfmSettings())


@pytest.mark.parametrize(("registered", "lost", "points"), [(5, 5, 5000), (10, 0, 999), (0, 3, 0)])
def test_gates_refuse_at_their_limits(registered, lost, points):
    with pytest.raises(ReconstructionError, match=f"{registered} of {registered + lost} photos") as caught:
        check_gates(verdicts(registered, lost), points, SfmSettings(), shows_depth=True, gaps={})
    assert "more than 50% of the photos and 1000 points are needed" in caught.value.message
    assert ("lost0.jpg: unmatched, too little overlap" in caught.value.message) == (lost > 0)


def test_the_gates_are_settings():
    assert passes(2, 10, 10, SfmSettings(min_points=10, min_registered_fraction=0.1))
    assert not passes(2, 10, 10, SfmSettings())


@pytest.mark.parametrize(("expected", "lost"), [(6, 5), (5, 5), (0, 3)])
def test_what_a_preview_expects_meets_the_gate_that_the_reconstruction_will(expected, lost):
    images = verdicts(expected, lost, PhotoVerdict.OTHER_COMPONENT)
    gaps = {lost: [Gap("a.jpg", "b.jpg")]}
    unmet = unmet_gate(images, SfmSettings(), gaps)
    assert (unmet is None) == passes(expected, len(images), 1000, SfmSettings())
    if unmet:
        error = unmet.to_error()
        assert isinstance(error, ReconstructionError)
        assert error.message.startswith(f"{expected} of {expected + lost} photos are expected")
        assert "lost0.jpg: other component, too little overlap" in error.message
        assert error.remedy.startswith("There is no overlap between a.jpg and b.jpg.")


def test_many_lost_photos_are_counted_not_listed():
    with pytest.raises(ReconstructionError) as caught:
        check_gates(verdicts(0, 30), 0, SfmSettings(), shows_depth=True, gaps={})
    assert caught.value.message.endswith("lost7.jpg: unmatched, too little overlap\n  and 22 more")


def test_a_360_photo_is_listed_once():
    views = [each.replace(frame=f"R{index // 8}.JPG") for index, each in enumerate(verdicts(0, 80))]
    with pytest.raises(ReconstructionError) as caught:
        check_gates(views, 0, SfmSettings(), shows_depth=True, gaps={})
    assert caught.value.message.count("R1.JPG") == 1
    assert caught.value.message.endswith("R7.JPG: unmatched, too little overlap\n  and 2 more")


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("few features", "blurred and dark"),
        ("unmatched", "two thirds"),
        ("other component", "nothing connects"),
        ("not registered", "instead of turning"),
        ("unreadable", "JPEG"),
    ],
)
def test_the_remedy_follows_the_commonest_cause(cause, advice):
    images = [*verdicts(2, 4, PhotoVerdict(cause)), *verdicts(0, 1)]
    with pytest.raises(ReconstructionError) as caught:
        check_gates(images, 500, SfmSettings(), shows_depth=True, gaps={})
    assert advice in caught.value.remedy


def test_photos_without_depth_get_the_advice_to_move():
    with pytest.raises(ReconstructionError) as caught:
        check_gates(verdicts(6, 0), 2, SfmSettings(), shows_depth=False, gaps={})
    assert "taken from one spot" in caught.value.remedy


def test_bare_walls_get_the_advice_on_texture_though_their_few_features_are_flat():
    images = verdicts(2, 8, PhotoVerdict.FEW_FEATURES)
    with pytest.raises(ReconstructionError) as caught:
        check_gates(images, 2, SfmSettings(), shows_depth=False, gaps={})
    assert "include things with texture" in caught.value.remedy


def test_the_remedy_for_parts_names_the_gap():
    images = verdicts(4, 6, PhotoVerdict.OTHER_COMPONENT)
    with pytest.raises(ReconstructionError) as caught:
        check_gates(images, 5000, SfmSettings(), shows_depth=True, gaps={5: [Gap("b4.jpg", "b5.jpg")]})
    assert caught.value.remedy.startswith("There is no overlap between b4.jpg and b5.jpg. The photos fall")


def database(path, pairs):
    with pycolmap.Database.open(path) as opened:
        camera_id = opened.write_camera(pycolmap.Camera.create_from_model_name(0, "PINHOLE", 70, 80, 60))
        for number in range(1, 5):
            opened.write_image(
                pycolmap.Image(name=f"{number}.jpg", camera_id=camera_id, image_id=number), use_image_id=True
            )
        for pair, config, count in pairs:
            matches = np.stack([np.arange(count)] * 2, axis=1).astype(np.uint32)
            opened.write_two_view_geometry(
                *pair, pycolmap.TwoViewGeometry(config=config, inlier_matches=matches)
            )
    return path


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([((1, 2), FLAT, 900), ((2, 3), FLAT, 800)], False),
        ([((1, 2), FLAT, 900), ((2, 3), FLAT, 800), ((3, 4), DEPTH, 20)], False),
        ([((1, 2), FLAT, 900), ((2, 3), DEPTH, 100)], True),
        ([], True),
    ],
    ids=["turn", "turn with an accident", "walk", "nothing in common"],
)
def test_depth_is_what_no_plane_and_no_turn_explains(tmp_path, pairs, expected):
    assert shows_depth(database(tmp_path / "features.db", pairs)) is expected
