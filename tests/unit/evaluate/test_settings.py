import pytest

from components.evaluate.settings import EvaluateSettings


@pytest.mark.parametrize(
    ("name", "value"), [("max_psnr_drop_db", -1.0), ("flythrough_fps", 0), ("thumbnail_px", 5)]
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        EvaluateSettings(**{name: value})
