import pytest

from components.publish.settings import PublishSettings
from components.shared.errors import InputError


@pytest.mark.parametrize("price", [-1.0, 1000.0, 2000.0])
def test_prices_out_of_bounds_are_refused(price):
    with pytest.raises(InputError, match=r"gpu_usd_per_hour is .*; it must be a number above 0 and below"):
        PublishSettings(gpu_usd_per_hour=price)


def test_a_price_of_0_is_an_unknown_one():
    assert PublishSettings(gpu_usd_per_hour=0.0).gpu_usd_per_hour is None
