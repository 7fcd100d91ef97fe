"""Forecast of a run: more work takes longer, prices multiply, and unknown prices stay unknown."""

import pytest

from components.shared.settings import Settings
from components.shared.stages import REQUIRED_STAGES
from pipelines.costs.capture_size import CaptureSize
from pipelines.costs.forecast import forecast_run
from pipelines.costs.nodes import cluster_nodes, nodes_text, parse_nodes, this_machine
from pipelines.costs.work import Run
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS, merge
from pipelines.task_settings.defaults import PipelineSettings

BONSAI = CaptureSize(252, 800, 533)
CLUSTER = cluster_nodes(PipelineSettings())


def settings(**given: dict) -> dict[str, Settings]:
    return merge(STAGE_SETTINGS, [given])


def forecast(size=BONSAI, nodes=CLUSTER, **given):
    return forecast_run(Run.of(size, settings(**given)), nodes)


def test_every_stage_has_a_time_and_a_price_on_the_cluster():
    found = forecast()
    assert tuple(found.stages) == REQUIRED_STAGES
    assert all(stage.seconds > 0 for stage in found.stages.values())
    assert found.stages["train"].machine == "g5.xlarge"
    assert found.stages["sfm"].machine == "c6i.2xlarge"
    costs = [stage.seconds / 3600 * stage.usd_per_hour for stage in found.stages.values()]
    assert found.cost_usd() == pytest.approx(sum(costs))
    assert found.cost_usd(["train"]) == found.stages["train"].cost_usd
    assert (found.gaussians, found.steps) == (500_000, 7000)


def test_an_inspection_takes_a_third_of_structure_from_motion_and_what_ingest_takes():
    run = Run.of(BONSAI, settings())
    found = forecast_run(run, CLUSTER, inspects=True)
    assert tuple(found.stages) == ("inspect", *REQUIRED_STAGES)
    inspect = found.stages["inspect"]
    assert inspect.machine == "c6i.2xlarge"
    assert 0.3 < inspect.cpu_seconds / found.stages["sfm"].cpu_seconds < 0.5
    assert found.seconds() == pytest.approx(forecast().seconds() + inspect.seconds)


def test_a_price_of_the_settings_wins_and_has_no_spot_price():
    found = forecast(publish={"gpu_usd_per_hour": 10.0})
    assert found.stages["train"].usd_per_hour == found.stages["compress"].usd_per_hour == 10.0
    assert found.stages["train"].spot_usd_per_hour is None
    assert found.stages["sfm"].usd_per_hour == 0.34


def test_this_machine_has_no_price():
    found = forecast(nodes=this_machine())
    assert found.cost_usd() is None
    assert found.prices_as_of is None
    assert found.seconds() > 0


@pytest.mark.parametrize(
    ("stage", "size", "given"),
    [
        ("sfm", CaptureSize(504, 800, 533), {}),
        ("train", BONSAI, {"train": {"steps": 14_000}}),
        ("train", BONSAI, {"train": {"max_gaussians": 2_000_000}}),
        ("compress", BONSAI, {"train": {"max_gaussians": 2_000_000}}),
        ("ingest", CaptureSize(252, 4000, 3000), {}),
    ],
)
def test_more_work_takes_longer(stage, size, given):
    assert forecast(size, **given).stages[stage].seconds > 1.2 * forecast().stages[stage].seconds


def test_more_cpus_are_faster_by_less_than_their_number():
    few, many = (
        parse_nodes(",".join(f"{stage}=other:{cpus}:0" for stage in REQUIRED_STAGES)) for cpus in (2, 16)
    )
    ratio = forecast(nodes=few).stages["sfm"].seconds / forecast(nodes=many).stages["sfm"].seconds
    assert 2 < ratio < 8


def test_nodes_survive_their_text():
    assert parse_nodes(nodes_text(CLUSTER)) == CLUSTER


def test_a_cluster_without_gpus_trains_on_cpus():
    without = parse_nodes(nodes_text(CLUSTER).replace("train=g5.xlarge:3:1", "train=c6i.2xlarge:3:0"))
    assert forecast(nodes=without).gaussians == 30_000


@pytest.mark.parametrize("stage", ["sfm", "compress"])
def test_a_gpu_shortens_stages_that_can_use_one(stage):
    with_gpu, without = (
        parse_nodes(",".join(f"{name}={machine}" for name in REQUIRED_STAGES))
        for machine in ("g5.xlarge:3:1", "g5.xlarge:3:0")
    )
    equal = {"max_gaussians": 500_000, "sh_degree": 3}
    quick, slow = (forecast(nodes=nodes, train=equal).stages[stage] for nodes in (with_gpu, without))
    assert quick.seconds < 0.8 * slow.seconds
    assert quick.cpu_seconds < slow.cpu_seconds
