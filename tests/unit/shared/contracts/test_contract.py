import pytest
from pydantic import ValidationError

from components.shared.contracts.capture import CAPTURE_FILE, CameraGroup, CaptureInfo, Gps
from components.shared.contracts.contract import Contract
from components.shared.errors import InputError

IMAGE = '{"name": "a.jpg", "verdict": "accepted", "reason": ""}'
GROUP = '{"id": 0, "width": 320, "height": 240}'


def capture(images: str = IMAGE, groups: str = GROUP, ordered: str = "true", schema: str = "1") -> str:
    return f'{{"schema": {schema}, "images": [{images}], "camera_groups": [{groups}], "ordered": {ordered}}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            capture(f'{IMAGE}, {{"name": "b.jpg", "width": "x"}}'),
            "images[1].width is 'x'; it must be a whole",
        ),
        (capture('{"verdict": "accepted"}'), "images[0].name is missing"),
        (capture('{"name": 3}'), "images[0].name is 3; it must be text"),
        (capture('{"name": "a", "sharpness": []}'), "images[0].sharpness is []; it must be a number"),
        (capture('{"name": "a", "sharpness": Infinity}'), "images[0].sharpness is inf; it must be a finite"),
        (capture('{"name": "a", "verdict": "good"}'), "verdict is 'good'; it must be 'accepted', 'corrupt'"),
        (capture(ordered="[1]"), "ordered is [1]; it must be true or false"),
        (capture(schema="2"), "schema is 2; it must be 1"),
        (capture(groups="3"), "camera_groups[0] is 3; it must be an object"),
        ('{"images": {}, "camera_groups": [], "ordered": true}', "images is {}; it must be a list"),
        ("[]", "the file is []; it must be an object"),
        (capture()[:-1], "is no JSON: "),
    ],
)
def test_a_file_that_breaks_the_contract(tmp_path, text, message):
    path = tmp_path / CAPTURE_FILE
    path.write_text(text)
    with pytest.raises(InputError, match=r"capture\.json") as error:
        CaptureInfo.read(path)
    assert message in error.value.message
    assert error.value.remedy.startswith("Make capture.json again")


def test_what_is_written_is_read_as_it_was(tmp_path):
    gps = Gps(latitude=48.1, longitude=-11.5, altitude_m=None)
    info = CaptureInfo.parse(capture(), "capture.json")
    info = info.replace(images=[info.images[0].replace(gps=gps)])
    info.write(tmp_path / CAPTURE_FILE)
    assert CaptureInfo.read(tmp_path / CAPTURE_FILE) == info
    assert (tmp_path / CAPTURE_FILE).read_text().startswith('{\n  "schema": 1,\n  "source": "",\n')


def test_fields_of_other_versions_are_ignored():
    assert Gps.parse('{"latitude": 1, "longitude": 2, "altitude_m": null, "datum": "WGS 84"}', "gps") == Gps(
        latitude=1.0, longitude=2.0, altitude_m=None
    )


def test_a_copy_is_checked():
    group = CameraGroup(id=0, width=320, height=240)
    assert group.replace(width=640).width == 640
    with pytest.raises(ValidationError, match="width"):
        group.replace(width="wide")
    with pytest.raises(TypeError, match="CameraGroup has no field breadth"):
        group.replace(breadth=1)


def test_values_do_not_change():
    group = CameraGroup(id=0, width=320, height=240)
    with pytest.raises(ValidationError, match="frozen"):
        group.width = 640
    assert isinstance(group, Contract)
    assert group.width == 320
