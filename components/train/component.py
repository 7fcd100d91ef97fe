"""The Kubeflow face of training."""

from kfp import dsl

from components.shared.container_images import gpu_image


@dsl.component(base_image=gpu_image(), install_kfp_package=False)
def train(
    scene: dsl.Input[dsl.Dataset],
    splat: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    fingerprint: str,
    preset: str = "fast",
    steps: int = 0,
    max_gaussians: int = 0,
    image_max_side_px: int = 0,
    seed: int = 0,
    settings: str = "",
) -> None:
    """Train Gaussians on a posed scene; 0 leaves a figure to the preset. A killed run resumes.

    `settings` are any others, as in `sh_degree=2,ssim_lambda=0.1`.
    """
    import tempfile
    from pathlib import Path

    from components.shared.archive import pack
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.contracts.training import TRAINING_FILE
    from components.shared.progress import reporter
    from components.shared.run_folder import find_output
    from components.shared.run_layout import PRIVATE_FOLDER, SPLAT_PLY
    from components.shared.settings_text import build_settings
    from components.shared.stage import run_stage

    output = find_output("train", fingerprint, splat)
    with run_stage("train", output=output) as record, tempfile.TemporaryDirectory() as folder:
        # Only now: what is killed while it loads torch counts as a try.
        from components.train.settings import TrainSettings
        from components.train.telemetry.serve import serve_metrics
        from components.train.train import train as train_scene

        chosen = build_settings(
            TrainSettings,
            "train",
            settings,
            preset=preset,
            steps=steps,
            max_gaussians=max_gaussians,
            image_max_side_px=image_max_side_px,
            seed=seed,
        )
        ply, log = Path(folder, SPLAT_PLY), Path(folder, TRAINING_FILE)
        checkpoints = f"{output.rstrip('/')}/{PRIVATE_FOLDER}"
        with serve_metrics(reporter("train")) as on_progress:
            result = train_scene(fetch_input(scene), ply, log, chosen, checkpoints, on_progress)
        record.figures = result.figures()
        record.settings, record.versions = result.settings, result.versions
        record.gpu_seconds = result.gpu_seconds
        log_metrics(metrics, result.metrics())
        pack(Path(folder), Path(splat.path))
        deliver_output(splat)
