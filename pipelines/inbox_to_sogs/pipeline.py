"""Every new capture under a prefix to a scene: the pipeline for recurring runs."""

from importlib.metadata import version
from typing import Any

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from pipelines.inbox_to_sogs.component import find_captures, sum_up
from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES
from pipelines.photos_to_sog.parameters import options_text, text_options, with_parameters
from pipelines.photos_to_sog.pipeline import define_photos_to_sog
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.prepare import prepare

DESCRIPTION = "Every new or changed capture in an inbox to a web-ready 3D scene; made to run again and again."


def define_inbox_to_sogs(settings: PipelineSettings) -> BaseComponent:
    """The pipeline with these settings for its tasks."""
    photos_to_sog = define_photos_to_sog(settings)
    default_sfm_memory, default_train_memory = (settings.tasks[stage].memory for stage in ("sfm", "train"))

    @dsl.pipeline(
        name="inbox-to-sogs",
        display_name="Inbox to SOGs",
        description=f"{DESCRIPTION} kubesplat {version('kubesplat')}",
    )
    @with_parameters(INBOX_OPTIONS, INBOX_STAGES)
    def inbox_to_sogs(
        inbox: str,
        output: str = "",
        sfm_memory: str = default_sfm_memory,
        train_memory: str = default_train_memory,
        **chosen: Any,
    ) -> None:
        """Every new or changed capture in an inbox to a scene.

        Args:
            inbox: Where captures arrive, a folder, archive or video each: s3://bucket/inbox/ or a folder.
            output: Where the results go, a folder for each capture. Empty: next to it, as INBOX-scenes.
            sfm_memory: Memory for structure from motion, such as 13Gi; more for thousands of photos.
            train_memory: Memory for training, such as 12Gi; more for large photos.
        """
        exit_task = prepare(sum_up(inbox=inbox, output=output), "inbox", settings)
        with dsl.ExitHandler(exit_task, name="all captures"):
            found = find_captures(
                inbox=inbox,
                output=output,
                options=options_text(INBOX_OPTIONS, chosen),
                **text_options(INBOX_OPTIONS, chosen),
                **{name: value for name, value in chosen.items() if name.endswith("_settings")},
            )
            prepare(found, "inbox", settings)
            of_captures = {
                name: value for name, value in chosen.items() if name in photos_to_sog.component_spec.inputs
            }
            with dsl.ParallelFor(
                found.output, name="each capture", parallelism=settings.cluster.captures_at_once
            ) as each:
                photos_to_sog(
                    capture=each.capture,
                    output=each.output,
                    sfm_memory=sfm_memory,
                    train_memory=train_memory,
                    **of_captures,
                )

    return inbox_to_sogs


inbox_to_sogs = define_inbox_to_sogs(PipelineSettings())
