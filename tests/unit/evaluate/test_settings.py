import pytest

from components.evaluate.settings import EvaluateSettings
from components.shared.errors import InputError


@pytest.mark.parametrize(
    ("name", "value"), [("max_psnr_drop_db", -1.0), ("flythrough_fps", 0), ("thumbnail_px", 5)]
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(InputError, match=f"evaluate.{name} is {value}; it must be a .*number from"):
        EvaluateSettings(**{name: value})
