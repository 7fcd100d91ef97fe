"""Reports of runs for tests: all measurements are null unless given."""

from components.shared.contracts.capture import CaptureFigures
from components.shared.contracts.report import (
    CompressFigures,
    DeliveredFigures,
    Report,
    RunStatus,
    SfmFigures,
    StageCost,
    Totals,
)
from components.shared.contracts.training import TrainFigures


def make_report(failure=None, *, run=None, stages=None):
    """`stages` has values of `StageCost` by stage."""
    return Report(
        run=run,
        status=RunStatus.FAILED if failure else RunStatus.SUCCEEDED,
        failure=failure,
        capture=CaptureFigures(),
        sfm=SfmFigures(),
        train=TrainFigures(),
        compress=CompressFigures(),
        delivered=DeliveredFigures(),
        stages={stage: StageCost(**values) for stage, values in (stages or {}).items()},
        totals=Totals(),
    )
