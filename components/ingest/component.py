"""The Kubeflow face of ingest."""

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def ingest(
    capture: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    source: str,
    fingerprint: str,
    settings: str = "",
) -> None:
    """Check the photos of a folder, an archive, a video or an s3:// prefix, and pack them as one capture.

    `settings` are `name=value,name=value`; `fingerprint` is what the task list-capture says of `source`.
    """
    from pathlib import Path

    from components.ingest.ingest import ingest as ingest_capture
    from components.ingest.records import capture_figures
    from components.ingest.settings import IngestSettings
    from components.shared.artifacts import deliver_output, log_metrics
    from components.shared.progress import reporter
    from components.shared.run_folder import find_output
    from components.shared.settings_text import build_settings
    from components.shared.stage import run_stage

    with run_stage("ingest", output=find_output("ingest", fingerprint, capture)) as record:
        result = ingest_capture(
            source,
            Path(capture.path),
            build_settings(IngestSettings, "ingest", settings),
            reporter("ingest"),
            on_checked=lambda images: record.figures.update(capture_figures(images)),
        )
        log_metrics(metrics, result.metrics())
        deliver_output(capture)
