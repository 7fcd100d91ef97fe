import pytest

from components.sfm.gates import check_gates
from components.sfm.settings import SfmSettings
from components.shared.errors import ReconstructionError


def verdicts(registered, lost, verdict="unmatched"):
    return [{"name": f"{i}.jpg", "registered": True} for i in range(registered)] + [
        {"name": f"lost{i}.jpg", "registered": False, "verdict": verdict, "reason": "too little overlap"}
        for i in range(lost)
    ]


def test_gates_pass_just_above_their_limits():
    check_gates(verdicts(6, 5), 1000, SfmSettings(), shows_depth=True)


@pytest.mark.parametrize(("registered", "lost", "points"), [(5, 5, 5000), (10, 0, 999), (0, 3, 0)])
def test_gates_refuse_at_their_limits(registered, lost, points):
    with pytest.raises(ReconstructionError, match=f"{registered} of {registered + lost} photos") as caught:
        check_gates(verdicts(registered, lost), points, SfmSettings(), shows_depth=True)
    assert "more than 50% of the photos and 1000 points are needed" in caught.value.message
    assert ("lost0.jpg: unmatched, too little overlap" in caught.value.message) == (lost > 0)


def test_the_gates_are_settings():
    settings = SfmSettings(min_points=10, min_registered_fraction=0.1)
    check_gates(verdicts(2, 8), 10, settings, shows_depth=True)


def test_many_lost_photos_are_counted_not_listed():
    with pytest.raises(ReconstructionError) as caught:
        check_gates(verdicts(0, 30), 0, SfmSettings(), shows_depth=True)
    assert caught.value.message.endswith("lost7.jpg: unmatched, too little overlap\n  and 22 more")


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
    with pytest.raises(ReconstructionError) as caught:
        check_gates([*verdicts(2, 4, cause), *verdicts(0, 1)], 500, SfmSettings(), shows_depth=True)
    assert advice in caught.value.remedy


def test_photos_without_depth_get_the_advice_to_move():
    with pytest.raises(ReconstructionError) as caught:
        check_gates(verdicts(6, 0), 2, SfmSettings(), shows_depth=False)
    assert "taken from one spot" in caught.value.remedy


@pytest.mark.parametrize("wrong", [{"min_registered_fraction": 1.5}, {"min_points": 0}, {"max_image_px": 10}])
def test_settings_say_what_is_wrong(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} is {wrong[name]}; it must be from"):
        SfmSettings(**wrong)
