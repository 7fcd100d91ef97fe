"""Forecast of a run: seconds of each stage on its node, and the node's price."""

from __future__ import annotations

from collections.abc import Mapping

from components.publish.settings import PublishSettings
from components.shared.contracts.forecast import Forecast, StageForecast
from components.shared.stages import GPU_STAGES
from pipelines.costs.constants import Constants, measured_constants
from pipelines.costs.nodes import Node, Nodes
from pipelines.costs.prices import list_prices
from pipelines.costs.work import Run, Work, works

_OF_AN_INSPECTION = {"ingest": 1.0, "sfm": 0.4}
"""Part of these stages' work that an inspection does: it checks all photos and matches small images. Measured
of structure from motion: 0.21 to 0.44, docs/results/costs.md."""


def forecast_run(
    run: Run, nodes: Nodes, constants: Constants | None = None, *, inspects: bool = False
) -> Forecast:
    """The forecast of a run that starts from nothing, each stage tried once.

    A price of the settings wins over that of the node's machine. `inspects`: the run begins with an
    inspection of its capture.
    """
    constants = constants or measured_constants()
    on_gpu = nodes["train"].gpu is not None
    plan = run.plan(on_gpu=on_gpu)
    work_of = works(run, trains_on_gpu=on_gpu)
    seconds = {stage: _seconds(stage, work, nodes[stage], constants) for stage, work in work_of.items()}
    if inspects:
        seconds = {"inspect": _inspection_seconds(work_of, nodes["inspect"], constants), **seconds}
    stages = {stage: _priced(stage, each, nodes[stage], run.prices) for stage, each in seconds.items()}
    from_table = any(node.machine.usd_per_hour for node in nodes.values())
    return Forecast(
        photos=run.size.photos,
        megapixels=run.size.megapixels,
        is_assumed=run.size.is_assumed,
        steps=plan.steps,
        gaussians=plan.max_gaussians,
        relative_error=constants.relative_error,
        prices_as_of=list_prices().as_of if from_table else None,
        budget_usd=run.train.budget_usd,
        stages=stages,
    )


def _seconds(stage: str, work: Work, node: Node, constants: Constants) -> tuple[float, float]:
    """Wall-clock and CPU time of a stage."""
    on_gpu = f"{stage}_on_gpu"
    name = on_gpu if node.gpu is not None and on_gpu in constants.cpu_seconds else stage
    shared = constants.parallel.get(name, {})
    cpu = {unit: seconds * work[unit] for unit, seconds in constants.cpu_seconds[name].items()}
    wall = sum(each * _share(shared.get(unit, 0.0), node.cpus) for unit, each in cpu.items())
    if stage == "train" and node.gpu is not None:
        wall += gpu_seconds(work, constants) / constants.gpu_speed[node.gpu]
    return wall, sum(cpu.values())


def _inspection_seconds(work_of: Mapping[str, Work], node: Node, constants: Constants) -> tuple[float, float]:
    """Wall-clock and CPU time of an inspection."""
    of_stages = {stage: _seconds(stage, work_of[stage], node, constants) for stage in _OF_AN_INSPECTION}
    wall, cpu = (
        sum(part * of_stages[stage][index] for stage, part in _OF_AN_INSPECTION.items()) for index in (0, 1)
    )
    return wall, cpu


def gpu_seconds(work: Work, constants: Constants) -> float:
    """Time of training on the GPU with speed 1."""
    return sum(seconds * work[unit] for unit, seconds in constants.gpu_seconds.items())


def _share(parallel: float, cpus: float) -> float:
    """Wall-clock time of a second of CPU time, of which the fraction `parallel` is shared by all CPUs."""
    return 1 - parallel + parallel / max(1.0, cpus)


def _priced(stage: str, seconds: tuple[float, float], node: Node, prices: PublishSettings) -> StageForecast:
    uses_gpu = stage in GPU_STAGES or node.gpu is not None
    given = prices.gpu_usd_per_hour if uses_gpu else prices.cpu_usd_per_hour
    wall, cpu = seconds
    return StageForecast(
        seconds=wall,
        cpu_seconds=cpu,
        machine=node.machine.name,
        usd_per_hour=given or node.machine.usd_per_hour,
        spot_usd_per_hour=None if given else node.machine.spot_usd_per_hour,
    )
