"""The KFP component of training."""

from kfp import dsl

from components.shared.container_images import gpu_image


@dsl.component(base_image=gpu_image(), install_kfp_package=False)
def train(
    scene: dsl.Input[dsl.Dataset],
    splat: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    fingerprint: str,
    settings: str = "",
) -> None:
    """Train Gaussians on a posed scene. A killed run resumes.

    `settings` are those of `components/train/settings.py`, as in `sh_degree=2,ssim_lambda=0.1`.
    """
    import shutil
    import tempfile
    from pathlib import Path

    from components.shared.archive import pack, unpack
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.contracts.scene import SCENE_FILE
    from components.shared.progress import reporter
    from components.shared.run_folder import find_output
    from components.shared.run_layout import PRIVATE_FOLDER
    from components.shared.stage import run_stage
    from components.shared.storage import join, open_storage

    output = find_output("train", fingerprint, splat)
    with run_stage("train", output=output) as record, tempfile.TemporaryDirectory() as scratch:
        # Imported here: a try that is killed while torch is loaded counts as a try.
        from components.train.recovery.checkpoint import sha256
        from components.train.settings import TrainSettings
        from components.train.spending import within_budget
        from components.train.telemetry.serve import serve_metrics
        from components.train.train import train as train_scene

        given = TrainSettings.from_text(settings)
        record.settings = given.resolved()
        chosen = within_budget(given, open_storage(output), record.earlier, record.clock)
        posed, trained = Path(scratch, "scene"), Path(scratch, "splat")
        trained.mkdir()
        archive = fetch_input(scene)
        unpack(archive, posed)
        checkpoints = join(output, PRIVATE_FOLDER)
        with serve_metrics(reporter("train"), output) as (on_progress, on_gpus):
            info = train_scene(
                posed, trained, chosen, checkpoints, on_progress, scene_hash=sha256(archive), on_gpus=on_gpus
            )
        record.figures = info.figures()
        record.settings = info.settings | {"max_minutes": given.max_minutes}
        record.versions = info.versions
        record.gpu_seconds = info.gpu_seconds
        log_metrics(metrics, info.metrics())
        shutil.copy(posed / SCENE_FILE, trained)  # later stages that need no photos know the place by it
        pack(trained, Path(splat.path))
        deliver_output(splat)
