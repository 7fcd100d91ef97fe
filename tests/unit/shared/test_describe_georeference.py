import pytest

from components.shared.contracts.capture import Gps
from components.shared.contracts.scene import Georeference, GeoreferenceKind, GeoreferenceUnit

RTK = Georeference(
    kind=GeoreferenceKind.WGS84_ENU,
    unit=GeoreferenceUnit.METRE,
    origin=Gps(latitude=47.123414, longitude=-8.543214, altitude_m=500.4),
    positions=240,
    residual_m=0.0312,
    stated_accuracy_m=0.02,
)
SWISS = RTK.replace(
    kind=GeoreferenceKind.EPSG, origin=None, epsg=2056, offset=(2683000.0, 1248000.0, 500.0), residual_m=12.3
)
LOCAL = SWISS.replace(kind=GeoreferenceKind.LOCAL, epsg=None)
HERE, THERE = "47.12341° N 8.54321° W, 500 m", "2683000, 1248000, 500 in"
FAR_OFF = "far off and was left out"


@pytest.mark.parametrize(
    ("georeference", "origin", "agreement"),
    [
        (RTK, HERE, "0.03 m (RTK, 240 photos)"),
        (RTK.replace(stated_accuracy_m=0.5), HERE, "0.03 m (GPS, stated accuracy 0.50 m, 240 photos)"),
        (RTK.replace(stated_accuracy_m=None), HERE, "0.03 m (GPS, 240 photos)"),
        (
            RTK.replace(left_out=["a.jpg"]),
            HERE,
            f"0.03 m (RTK, 240 photos); the position of a.jpg is {FAR_OFF}",
        ),
        (
            SWISS.replace(stated_accuracy_m=None, left_out=["a.jpg", "b.jpg"]),
            f"{THERE} EPSG:2056",
            "12 m (240 photos); 2 positions are far off and were left out, that of a.jpg first",
        ),
        (LOCAL, f"{THERE} the system of the positions", "12 m (stated accuracy 0.02 m, 240 photos)"),
    ],
)
def test_where_a_scene_is_in_words(georeference, origin, agreement):
    assert georeference.sentence() == f"1 unit is 1 m; origin {origin}; positions agree to {agreement}"


def test_without_a_georeference_there_is_nothing_to_say():
    assert Georeference().sentence() == ""
