"""The forecast that the first task of a run stores, and the budget's need of prices."""

import pytest

from components.shared.errors import BudgetError, InputError
from components.shared.storage import open_storage
from components.shared.stored_forecast import read_forecast
from pipelines.costs.nodes import cluster_nodes, nodes_text
from pipelines.photos_to_sog.expect import expect
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS, merge
from pipelines.task_settings.defaults import PipelineSettings

FILES = [{"name": f"{number}.jpg", "bytes": 600_000, "version": "1"} for number in range(30)]
NODES = nodes_text(cluster_nodes(PipelineSettings()))


def settings(**given):
    return merge(STAGE_SETTINGS, [given])


def test_on_a_cluster_the_forecast_has_the_prices_of_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    expect(FILES, settings(train={"budget_usd": 3}), NODES, str(tmp_path))
    stored = read_forecast(open_storage(str(tmp_path)))
    assert (stored.photos, stored.is_assumed, stored.budget_usd) == (30, True, 3.0)
    assert stored.stages["train"].machine == "g5.xlarge"
    assert 0.01 < stored.cost_usd() < 1


def test_on_one_machine_a_budget_needs_prices(tmp_path):
    assert expect(FILES, settings(), NODES, str(tmp_path)).cost_usd() is None
    with pytest.raises(InputError, match="what a machine costs is not known for ingest, sfm"):
        expect(FILES, settings(train={"budget_usd": 3}), NODES, str(tmp_path))
    prices = {"cpu_usd_per_hour": 0.1, "gpu_usd_per_hour": 0.1}
    priced = expect(FILES, settings(train={"budget_usd": 3}, publish=prices), NODES, str(tmp_path))
    assert priced.cost_usd() == pytest.approx(priced.seconds() / 36_000)


def test_a_budget_below_training_fails_before_anything_is_paid(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    expected = expect(FILES, settings(), NODES, str(tmp_path))
    needed = expected.cost_usd(("train", "compress", "evaluate", "publish"))
    assert needed < expected.cost_usd()
    expect(FILES, settings(train={"budget_usd": 1.01 * needed}), NODES, str(tmp_path))
    with pytest.raises(BudgetError, match="from the stage `train` on, and its budget is"):
        expect(FILES, settings(train={"budget_usd": 0.99 * needed}), NODES, str(tmp_path))
