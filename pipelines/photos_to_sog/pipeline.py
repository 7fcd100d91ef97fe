"""One capture to one scene: the pipeline that a cluster and a single machine run alike."""

from importlib.metadata import version

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from components.compress.component import compress
from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.publish.component import conclude, publish
from components.sfm.component import sfm
from components.train.component import train
from pipelines.photos_to_sog.component import list_capture
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.prepare import prepare

DESCRIPTION = "Photos in, a web-ready 3D scene out: structure from motion, Gaussian splatting, SOG."


def define_photos_to_sog(settings: PipelineSettings) -> BaseComponent:
    """The pipeline with these settings for its tasks."""
    sfm_gets, train_gets = (settings.tasks[stage].memory for stage in ("sfm", "train"))

    @dsl.pipeline(
        name="photos-to-sog",
        display_name="Photos to SOG",
        description=f"{DESCRIPTION} kubesplat {version('kubesplat')}",
    )
    def photos_to_sog(
        capture: str,
        output: str = "",
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
        ingest_settings: str = "",
        sfm_settings: str = "",
        train_settings: str = "",
        compress_settings: str = "",
        evaluate_settings: str = "",
        publish_settings: str = "",
    ) -> None:
        """Photos in, a web-ready 3D scene out.

        Args:
            capture: The photos: s3://bucket/prefix/, an archive or video s3://bucket/photos.zip, or a folder.
            output: Where the results go: s3://bucket/prefix or a folder. Empty: next to it, as CAPTURE-scene.
            preset: Time to spend on training: draft for a first look, fast, or quality.
            max_gaussians: At most so many Gaussians; more show finer detail. 0: as the preset has it.
            steps: Training steps. 0: as the preset has it.
            image_max_side_px: Train on photos shrunk to this size, in pixels. 0: as the preset has it.
            min_points: Fail if structure from motion finds fewer points.
            min_registered_fraction: Fail if a smaller part of the photos finds its place, from 0 to 1.
            max_psnr_drop_db: Fail if compression costs more quality than this, in dB.
            seed: Start of all random choices.
            cpu_usd_per_hour: Price of a machine of the CPU pool, in US dollars, for the report. 0: unknown.
            gpu_usd_per_hour: Price of a machine of the GPU pool, in US dollars, for the report. 0: unknown.
            sfm_memory: Memory for structure from motion, such as 13Gi; more for thousands of photos.
            train_memory: Memory for training, such as 12Gi; more for large photos.
            ingest_settings: Any settings of ingest, such as min_images=10; they win over parameters.
            sfm_settings: Any settings of structure from motion, such as max_features=4096,min_points=500.
            train_settings: Any settings of training, such as steps=7000,sh_degree=2,ssim_lambda=0.1.
            compress_settings: Any settings of compression, such as max_palette_entries=4096.
            evaluate_settings: Any settings of evaluation, such as min_psnr_db=15,title="Castle, east wing".
            publish_settings: Any settings of the report, such as gpu_usd_per_hour=1.2.
        """
        last_word = conclude(
            capture=capture,
            output=output,
            cpu_usd_per_hour=cpu_usd_per_hour,
            gpu_usd_per_hour=gpu_usd_per_hour,
            settings=publish_settings,
        )
        prepare(last_word, "conclude", settings)
        with dsl.ExitHandler(last_word, name="photos to SOG"):
            listed = list_capture(
                capture=capture,
                output=output,
                reuse_days=settings.cluster.reuse_days,
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
            prepare(listed, "list-capture", settings)
            # What a stage gets is its key in Kubeflow's cache: nothing of one run alone, such as the output.
            fingerprint = listed.outputs["fingerprint"]
            ingested = ingest(source=capture, fingerprint=fingerprint, settings=ingest_settings)
            prepare(ingested, "ingest", settings)
            posed = sfm(
                capture=ingested.outputs["capture"],
                fingerprint=fingerprint,
                min_points=min_points,
                min_registered_fraction=min_registered_fraction,
                seed=seed,
                settings=sfm_settings,
            )
            prepare(posed, "sfm", settings, memory=sfm_memory)
            trained = train(
                scene=posed.outputs["scene"],
                fingerprint=fingerprint,
                preset=preset,
                max_gaussians=max_gaussians,
                steps=steps,
                image_max_side_px=image_max_side_px,
                seed=seed,
                settings=train_settings,
            )
            prepare(trained, "train", settings, memory=train_memory)
            compressed = compress(
                splat=trained.outputs["splat"],
                fingerprint=fingerprint,
                seed=seed,
                settings=compress_settings,
            )
            prepare(compressed, "compress", settings)
            evaluated = evaluate(
                scene=posed.outputs["scene"],
                splat=trained.outputs["splat"],
                sog=compressed.outputs["sog"],
                fingerprint=fingerprint,
                title=listed.outputs["title"],
                max_psnr_drop_db=max_psnr_drop_db,
                settings=evaluate_settings,
            )
            prepare(evaluated, "evaluate", settings)
            published = publish(
                scene=posed.outputs["scene"],
                splat=trained.outputs["splat"],
                sog=compressed.outputs["sog"],
                report=evaluated.outputs["report"],
                presentation=evaluated.outputs["presentation"],
                output=listed.outputs["output"],
            )
            prepare(published, "publish", settings)

    return photos_to_sog


photos_to_sog = define_photos_to_sog(PipelineSettings())
