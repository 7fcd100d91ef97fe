import pytest

from components.sfm.settings import SfmSettings
from components.shared.errors import InputError


@pytest.mark.parametrize("wrong", [{"min_registered_fraction": 1.5}, {"min_points": 0}, {"max_image_px": 10}])
def test_settings_say_what_is_wrong(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=f"{name} is {wrong[name]}; it must be a .*number from"):
        SfmSettings(**wrong)
