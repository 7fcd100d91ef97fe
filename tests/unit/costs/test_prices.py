from datetime import date

from pipelines.costs.prices import list_prices
from pipelines.task_settings.settings import ClusterSettings


def test_the_table_is_dated_and_spot_is_cheaper():
    table = list_prices()
    assert date.fromisoformat(table.as_of) >= date(2026, 1, 1)
    for machine in table.machines.values():
        assert 0 < machine.spot_usd_per_hour < machine.usd_per_hour < 1000


def test_each_gpu_node_of_the_default_cluster_has_a_price():
    priced = list_prices().machines
    assert {priced[name].gpu for name in ClusterSettings().gpu_instance_types} == {"A10G"}
