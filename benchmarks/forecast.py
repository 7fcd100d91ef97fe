"""Forecasts of runs beside what they took: python -m benchmarks.forecast [--fit]

Reads `forecast_runs.yaml`. Each capture is forecast with constants that were fitted without any of its runs,
so that the error is that of an unseen capture. `--fit` writes `pipelines/costs/constants.yaml` from all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.optimize import nnls

from components.shared.files import write_text
from components.shared.stages import REQUIRED_STAGES
from pipelines.costs.capture_size import CaptureSize
from pipelines.costs.constants import CONSTANTS_FILE, Constants, measured_constants
from pipelines.costs.forecast import forecast_run, gpu_seconds
from pipelines.costs.nodes import Node
from pipelines.costs.prices import MachinePrice
from pipelines.costs.work import Run, Work, works
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS, merge

_RUNS = Path(__file__).with_name("forecast_runs.yaml")
_FIXED_PART = 0.4
"""Of a step on a GPU, that does not depend on pixels, as training's own estimate of the time left has it; all
measured trainings on a GPU had photos of one size."""
_RENDERED = {"evaluate": {"million_gaussians_rendered": 0.53}}
"""CPU seconds to render a million Gaussians at 480 px, of the house of docs/results/compression.md: measured
alone, since no whole run here has so many."""
_HEADER = "# Made by `python -m benchmarks.forecast --fit` from benchmarks/forecast_runs.yaml.\n"


@dataclass(frozen=True, kw_only=True)
class MeasuredRun:
    """A run, or a part of one, as it was measured."""

    capture: str
    photos: int
    size: tuple[int, int]
    """Width and height of a photo."""
    source: str
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cpus: int = 2
    gpu: str | None = None
    cpu_seconds: Mapping[str, float] = field(default_factory=dict)
    """By stage: the machine had other work, which makes wall-clock time mean nothing."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock time by stage."""
    loop_seconds: float | None = None
    """Of the training loop alone, on the GPU."""

    @property
    def photographed(self) -> str:
        """What the capture shows: `bonsai` for `bonsai, every 4th`."""
        return self.capture.partition(",")[0]

    def run(self) -> Run:
        size = CaptureSize(self.photos, *self.size)
        return Run.of(size, merge(STAGE_SETTINGS, [self.settings]))

    def works(self) -> dict[str, Work]:
        return works(self.run(), trains_on_gpu=self.gpu is not None)


@dataclass(frozen=True)
class Row:
    """One line of the table; the unit is `CPU s`, `s` or `loop s`."""

    run: MeasuredRun
    stage: str
    unit: str
    forecast: float
    measured: float

    @property
    def error(self) -> float:
        return self.forecast / self.measured - 1


def fit(runs: Sequence[MeasuredRun], given: Constants) -> Constants:
    """Constants that are least wrong, by the square of the relative error; none of them is negative.

    A unit that no run has keeps the time that is `given`.
    """
    cpu = {
        stage: _fit_units(
            [(each.works()[stage], each.cpu_seconds[stage]) for each in runs if _on_cpu(each, stage)],
            given.cpu_seconds[stage],
            _RENDERED.get(stage, {}),
        )
        for stage in REQUIRED_STAGES
    }
    loops = [(_coupled(each.works()["train"]), each.loop_seconds) for each in runs if each.loop_seconds]
    units = {"fixed": 0.0, "step": 0.0, "step_million_gaussians": 0.0}
    loop = _fit_units(loops, units) if len(loops) >= len(units) else None
    return replace(
        given,
        cpu_seconds={**given.cpu_seconds, **cpu},
        gpu_seconds=_uncoupled(loop, loops[0][0]) if loop else given.gpu_seconds,
    )


def _on_cpu(run: MeasuredRun, stage: str) -> bool:
    return stage in run.cpu_seconds and run.gpu is None


def _fit_units(
    rows: Sequence[tuple[Work, float]], given: Mapping[str, float], known: Mapping[str, float] | None = None
) -> dict[str, float]:
    """`known` units keep their time, and the others explain the rest."""
    known = known or {}
    units = [unit for unit in given if unit not in known]
    if len(rows) < 2:
        return {**given, **known}
    matrix = np.array([[work[unit] / measured for unit in units] for work, measured in rows])
    left = np.array([1 - sum(known[each] * work[each] for each in known) / took for work, took in rows])
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-12)
    found, _ = nnls(matrix / scale, left)
    return {**{unit: float(value) for unit, value in zip(units, found / scale, strict=True)}, **known}


def _coupled(work: Work) -> Work:
    """Steps and their pixels as one unit: photos of one size cannot tell them apart."""
    pixels = work["step_megapixels"] / work["steps"]
    return {**work, "step": work["steps"], "pixels": pixels}


def _uncoupled(loop: Mapping[str, float], work: Work) -> dict[str, float]:
    step = loop["step"]
    return {
        "fixed": loop["fixed"],
        "steps": _FIXED_PART * step,
        "step_megapixels": (1 - _FIXED_PART) * step / work["pixels"],
        "step_million_gaussians": loop["step_million_gaussians"],
    }


def rows_of(run: MeasuredRun, constants: Constants) -> list[Row]:
    """Each stage of the run that was measured."""
    machine = MachinePrice("measured", run.cpus, gpu=run.gpu)
    nodes = {stage: Node(machine, run.cpus, gpus=int(run.gpu is not None)) for stage in REQUIRED_STAGES}
    stages = forecast_run(run.run(), nodes, constants).stages
    rows = [
        Row(run, stage, "CPU s", stages[stage].cpu_seconds, took) for stage, took in run.cpu_seconds.items()
    ]
    rows += [Row(run, stage, "s", stages[stage].seconds, took) for stage, took in run.seconds.items()]
    if run.loop_seconds:
        loop = gpu_seconds(run.works()["train"], constants)
        rows.append(Row(run, "train", "loop s", loop, run.loop_seconds))
    return rows


def unseen_rows(runs: Sequence[MeasuredRun], given: Constants) -> list[Row]:
    """Rows of each run, with constants fitted to the runs of other captures.

    All trainings on a GPU are of one capture, and three runs have three constants: their rows show the fit.
    """
    whole = fit(runs, given)
    rows = []
    for run in runs:
        others = [each for each in runs if each.photographed != run.photographed]
        rows += rows_of(run, whole if run.gpu else fit(others, given))
    return rows


def whole_runs(rows: Iterable[Row]) -> list[Row]:
    """One row for each run whose stages were all measured: their sums."""
    by_run: dict[int, list[Row]] = {}
    for row in rows:
        by_run.setdefault(id(row.run), []).append(row)
    return [
        Row(each[0].run, "all", each[0].unit, sum(r.forecast for r in each), sum(r.measured for r in each))
        for each in by_run.values()
        if {row.stage for row in each} >= set(REQUIRED_STAGES[:-1])
    ]


def read_runs() -> list[MeasuredRun]:
    return [MeasuredRun(**each) for each in yaml.safe_load(_RUNS.read_text(encoding="utf-8"))]


def write_constants(constants: Constants) -> None:
    rounded = _rounded(asdict(constants))
    write_text(CONSTANTS_FILE, _HEADER + yaml.safe_dump(rounded, sort_keys=False, width=110))


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    return float(f"{value:.3g}")


def print_table(rows: Sequence[Row]) -> None:
    print("| capture | preset | machine | stage | unit | forecast | measured | error |\n|" + "---|" * 8)
    for row in rows:
        run = row.run
        preset = run.settings.get("train", {}).get("preset", "fast")
        machine = f"{run.cpus} CPUs" + (f", {run.gpu}" if run.gpu else "")
        figures = f"{row.forecast:.1f} | {row.measured:.1f} | {row.error:+.0%}"
        capture = f"{run.capture}, {run.photos} photos"
        print(f"| {capture} | {preset} | {machine} | {row.stage} | {row.unit} | {figures} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="write constants.yaml")
    arguments = parser.parse_args()
    runs, given = read_runs(), measured_constants()
    rows = unseen_rows(runs, given)
    whole = whole_runs(rows)
    print_table([*rows, *whole])
    error = max(abs(row.error) for row in whole)
    print(
        f"\nLargest error of a whole run: {error:.0%}; of a stage: {max(abs(row.error) for row in rows):.0%}"
    )
    if arguments.fit:
        write_constants(replace(fit(runs, given), relative_error=error))


if __name__ == "__main__":
    main()
