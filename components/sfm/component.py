"""The Kubeflow face of structure from motion."""

from kfp import dsl

from components.shared.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def sfm(
    capture: dsl.Input[dsl.Dataset],
    scene: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    output: str,
    min_points: int = 1000,
    min_registered_fraction: float = 0.5,
    max_image_px: int = 1600,
    max_features: int = 8192,
    exhaustive_up_to: int = 80,
    seed: int = 0,
) -> None:
    """Find where each photo was taken; fail with the cause if too few fit together."""
    from pathlib import Path

    from components.sfm.reconstruct import reconstruct
    from components.sfm.settings import SfmSettings
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.progress import reporter
    from components.shared.stage import run_stage

    with run_stage("sfm", output=output) as record:
        settings = SfmSettings(
            min_points=min_points,
            min_registered_fraction=min_registered_fraction,
            max_image_px=max_image_px,
            max_features=max_features,
            exhaustive_up_to=exhaustive_up_to,
            seed=seed,
        )
        result = reconstruct(fetch_input(capture), Path(scene.path), settings, reporter("sfm"))
        deliver_output(scene)
        record.figures = result.figures()
        log_metrics(metrics, result.metrics())
