import pytest

from components.publish.settings import PublishSettings


@pytest.mark.parametrize("price", [-1.0, 0.0, 2000.0])
def test_prices_out_of_bounds_are_refused(price):
    with pytest.raises(ValueError, match="gpu_usd_per_hour is"):
        PublishSettings(gpu_usd_per_hour=price)
