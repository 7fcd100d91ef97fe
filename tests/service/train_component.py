"""The KFP component of training in a process of its own, as in a pod. Its argument is one JSON object.

scene: address of the artifact; output: of the run; folder: for everything else that is written; others are
arguments of the component. `collapse` sets all learning rates to 0.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from kfp import dsl

from components.shared.environment import RUN_FOLDER_VARIABLE
from components.shared.run_folder import note_output
from components.train.component import train
from components.train.loop import trainer
from components.train.model.gaussians import NAMES


def main(
    *,
    scene: str,
    output: str,
    folder: str,
    collapse: bool = False,
    **settings: Any,
) -> None:
    if collapse:
        trainer.learning_rates = lambda *_: dict.fromkeys(NAMES, 0.0)  # type: ignore[assignment]
    work = Path(folder)
    splat = dsl.Model(uri=str(work / "splat"))
    os.environ[RUN_FOLDER_VARIABLE] = str(work / "run")
    note_output("0123", output, splat)
    train.python_func(
        scene=dsl.Dataset(uri=scene),
        splat=splat,
        metrics=dsl.Metrics(uri=str(work / "metrics")),
        fingerprint="0123",
        settings=json.dumps({"backend": "numba", **settings}),
    )


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
