"""Every new capture under a prefix to a scene: the pipeline for recurring runs."""

from importlib.metadata import version

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from pipelines.inbox_to_sogs.component import find_captures, sum_up
from pipelines.photos_to_sog.pipeline import define_photos_to_sog
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.prepare import prepare

DESCRIPTION = "Every new or changed capture in an inbox to a web-ready 3D scene; made to run again and again."


def define_inbox_to_sogs(settings: PipelineSettings) -> BaseComponent:
    """The pipeline with these settings for its tasks."""
    photos_to_sog = define_photos_to_sog(settings)
    sfm_gets, train_gets = (settings.tasks[stage].memory for stage in ("sfm", "train"))

    @dsl.pipeline(
        name="inbox-to-sogs",
        display_name="Inbox to SOGs",
        description=f"{DESCRIPTION} kubesplat {version('kubesplat')}",
    )
    def inbox_to_sogs(
        inbox: str,
        output: str = "",
        quiet_minutes: int = 5,
        max_passes: int = 3,
        preset: str = "fast",
        max_gaussians: int = 0,
        steps: int = 0,
        image_max_side_px: int = 0,
        min_points: int = 1000,
        min_registered_fraction: float = 0.5,
        max_psnr_drop_db: float = 1.0,
        seed: int = 0,
        cpu_usd_per_hour: float = 0.0,
        gpu_usd_per_hour: float = 0.0,
        sfm_memory: str = sfm_gets,
        train_memory: str = train_gets,
        inbox_settings: str = "",
        ingest_settings: str = "",
        sfm_settings: str = "",
        train_settings: str = "",
        compress_settings: str = "",
        evaluate_settings: str = "",
        publish_settings: str = "",
    ) -> None:
        """Every new or changed capture in an inbox to a scene.

        Args:
            inbox: Where captures arrive, a folder, archive or video each: s3://bucket/inbox/ or a folder.
            output: Where the results go, a folder for each capture. Empty: next to it, as INBOX-scenes.
            quiet_minutes: Leave alone what changed in the last minutes, it may still be uploading.
            max_passes: A capture that fails by infrastructure is given up after so many passes.
            preset: Time to spend on training: draft for a first look, fast, or quality.
            max_gaussians: At most so many Gaussians; more show finer detail. 0: as the preset has it.
            steps: Training steps. 0: as the preset has it.
            image_max_side_px: Train on photos shrunk to this size, in pixels. 0: as the preset has it.
            min_points: Fail if structure from motion finds fewer points.
            min_registered_fraction: Fail if a smaller part of the photos finds its place, from 0 to 1.
            max_psnr_drop_db: Fail if compression costs more quality than this, in dB.
            seed: Start of all random choices.
            cpu_usd_per_hour: Price of a machine of the CPU pool, in US dollars, for the reports. 0: unknown.
            gpu_usd_per_hour: Price of a machine of the GPU pool, in US dollars, for the reports. 0: unknown.
            sfm_memory: Memory for structure from motion, such as 13Gi; more for thousands of photos.
            train_memory: Memory for training, such as 12Gi; more for large photos.
            inbox_settings: Any settings of the inbox, such as quiet_minutes=15; they win over parameters.
            ingest_settings: Any settings of ingest, such as min_images=10; they win over parameters.
            sfm_settings: Any settings of structure from motion, such as max_features=4096,min_points=500.
            train_settings: Any settings of training, such as steps=7000,sh_degree=2,ssim_lambda=0.1.
            compress_settings: Any settings of compression, such as max_palette_entries=4096.
            evaluate_settings: Any settings of evaluation, such as min_psnr_db=15,flythrough_px=720.
            publish_settings: Any settings of the reports, such as gpu_usd_per_hour=1.2.
        """
        last_word = prepare(sum_up(inbox=inbox, output=output), "inbox", settings)
        with dsl.ExitHandler(last_word, name="all captures"):
            found = find_captures(
                inbox=inbox,
                output=output,
                quiet_minutes=quiet_minutes,
                max_passes=max_passes,
                inbox_settings=inbox_settings,
                preset=preset,
                max_gaussians=max_gaussians,
                steps=steps,
                image_max_side_px=image_max_side_px,
                min_points=min_points,
                min_registered_fraction=min_registered_fraction,
                max_psnr_drop_db=max_psnr_drop_db,
                seed=seed,
                cpu_usd_per_hour=cpu_usd_per_hour,
                gpu_usd_per_hour=gpu_usd_per_hour,
                ingest_settings=ingest_settings,
                sfm_settings=sfm_settings,
                train_settings=train_settings,
                compress_settings=compress_settings,
                evaluate_settings=evaluate_settings,
                publish_settings=publish_settings,
            )
            prepare(found, "inbox", settings)
            with dsl.ParallelFor(
                found.output, name="each capture", parallelism=settings.cluster.captures_at_once
            ) as each:
                photos_to_sog(
                    capture=each.capture,
                    output=each.output,
                    preset=preset,
                    max_gaussians=max_gaussians,
                    steps=steps,
                    image_max_side_px=image_max_side_px,
                    min_points=min_points,
                    min_registered_fraction=min_registered_fraction,
                    max_psnr_drop_db=max_psnr_drop_db,
                    seed=seed,
                    cpu_usd_per_hour=cpu_usd_per_hour,
                    gpu_usd_per_hour=gpu_usd_per_hour,
                    sfm_memory=sfm_memory,
                    train_memory=train_memory,
                    ingest_settings=ingest_settings,
                    sfm_settings=sfm_settings,
                    train_settings=train_settings,
                    compress_settings=compress_settings,
                    evaluate_settings=evaluate_settings,
                    publish_settings=publish_settings,
                )

    return inbox_to_sogs


inbox_to_sogs = define_inbox_to_sogs(PipelineSettings())
