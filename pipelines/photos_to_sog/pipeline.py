"""One capture to one scene: the pipeline that a cluster and a single machine run alike."""

from importlib.metadata import version
from typing import Any

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from components.compress.component import compress
from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.publish.component import conclude, publish
from components.sfm.component import sfm
from components.train.component import train
from pipelines.costs.nodes import cluster_nodes, nodes_text
from pipelines.photos_to_sog.component import inspect, list_capture
from pipelines.photos_to_sog.options import OPTIONS, PRICES
from pipelines.photos_to_sog.parameters import options_text, text_options, with_parameters
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.prepare import prepare

DESCRIPTION = "Photos in, a web-ready 3D scene out: structure from motion, Gaussian splatting, SOG."


def define_photos_to_sog(settings: PipelineSettings) -> BaseComponent:
    """The pipeline with these settings for its tasks."""
    default_sfm_memory, default_train_memory = (settings.tasks[stage].memory for stage in ("sfm", "train"))

    @dsl.pipeline(
        name="photos-to-sog",
        display_name="Photos to SOG",
        description=f"{DESCRIPTION} kubesplat {version('kubesplat')}",
    )
    @with_parameters(OPTIONS, STAGE_SETTINGS)
    def photos_to_sog(
        capture: str,
        output: str = "",
        sfm_memory: str = default_sfm_memory,
        train_memory: str = default_train_memory,
        **chosen: Any,
    ) -> None:
        """Photos in, a web-ready 3D scene out.

        Args:
            capture: The photos: s3://bucket/prefix/, an archive or video s3://bucket/photos.zip, or a folder.
            output: Where the results go: s3://bucket/prefix or a folder. Empty: next to it, as CAPTURE-scene.
            sfm_memory: Memory for structure from motion, such as 13Gi; more for thousands of photos.
            train_memory: Memory for training, such as 12Gi; more for large photos.
        """
        texts = {f"{stage}_settings": chosen[f"{stage}_settings"] for stage in STAGE_SETTINGS}
        nodes = nodes_text(cluster_nodes(settings))
        exit_task = conclude(
            capture=capture,
            output=output,
            options=options_text(PRICES, chosen),
            settings=chosen["publish_settings"],
        )
        prepare(exit_task, "conclude", settings)
        with dsl.ExitHandler(exit_task, name="photos to SOG"):
            listed = list_capture(
                capture=capture,
                output=output,
                reuse_days=settings.cluster.reuse_days,
                nodes=nodes,
                options=options_text(OPTIONS, chosen),
                **text_options(OPTIONS, chosen),
                **texts,
            )
            prepare(listed, "list-capture", settings)
            inspected = inspect(inspection=listed.outputs["inspection"], nodes=nodes)
            prepare(inspected, "inspect", settings)
            # What a stage gets is its key in Kubeflow's cache: nothing of one run alone, such as the output.
            fingerprint = listed.outputs["fingerprint"]
            ingested = ingest(
                source=capture, fingerprint=fingerprint, settings=listed.outputs["ingest_settings"]
            ).after(inspected)
            prepare(ingested, "ingest", settings)
            posed = sfm(
                capture=ingested.outputs["capture"],
                fingerprint=fingerprint,
                settings=listed.outputs["sfm_settings"],
            )
            prepare(posed, "sfm", settings, memory=sfm_memory)
            trained = train(
                scene=posed.outputs["scene"],
                fingerprint=fingerprint,
                settings=listed.outputs["train_settings"],
            )
            prepare(trained, "train", settings, memory=train_memory)
            compressed = compress(
                splat=trained.outputs["splat"],
                fingerprint=fingerprint,
                settings=listed.outputs["compress_settings"],
            )
            prepare(compressed, "compress", settings)
            evaluated = evaluate(
                scene=posed.outputs["scene"],
                splat=trained.outputs["splat"],
                sog=compressed.outputs["sog"],
                fingerprint=fingerprint,
                title=listed.outputs["title"],
                settings=listed.outputs["evaluate_settings"],
            )
            prepare(evaluated, "evaluate", settings)
            published = publish(
                scene=posed.outputs["scene"],
                splat=trained.outputs["splat"],
                sog=compressed.outputs["sog"],
                exports=compressed.outputs["exports"],
                report=evaluated.outputs["report"],
                presentation=evaluated.outputs["presentation"],
                output=listed.outputs["output"],
            )
            prepare(published, "publish", settings)

    return photos_to_sog


photos_to_sog = define_photos_to_sog(PipelineSettings())
