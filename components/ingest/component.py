"""The Kubeflow face of ingest."""

from kfp import dsl

from components.shared.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def ingest(
    capture: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    source: str,
    output: str,
    min_images: int = 3,
    max_video_frames: int = 150,
) -> str:
    """Check the photos of a folder, an archive, a video or an s3:// prefix, and pack them as one capture.

    Returns where the run's results go: `output`, or next to `source` if it is empty.
    """
    from pathlib import Path

    from components.ingest.ingest import ingest as ingest_capture
    from components.ingest.records import capture_figures
    from components.ingest.settings import IngestSettings
    from components.shared.artifacts import deliver_output, log_metrics
    from components.shared.default_output import choose_output
    from components.shared.progress import reporter
    from components.shared.stage import exit_on_failure, forget_records, run_stage

    with exit_on_failure("ingest"):
        output = choose_output(output, source)
    with run_stage("ingest", output=output) as record:
        forget_records(output)
        settings = IngestSettings(min_images=min_images, max_video_frames=max_video_frames)
        result = ingest_capture(
            source,
            Path(capture.path),
            settings,
            reporter("ingest"),
            on_checked=lambda images: record.figures.update(capture_figures(images)),
        )
        log_metrics(metrics, result.metrics())
        deliver_output(capture)
    return output
