"""The Kubeflow component of ingest."""

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

    `settings` are those of `components/ingest/settings.py`, as in `min_images=10`;
    `fingerprint` is what the task list-capture says of `source`.
    """
    import tempfile
    from pathlib import Path

    from components.ingest.ingest import ingest as ingest_capture
    from components.ingest.settings import IngestSettings
    from components.shared.archive import pack
    from components.shared.artifacts import deliver_output, log_metrics
    from components.shared.progress import reporter, within
    from components.shared.run_folder import find_output
    from components.shared.stage import run_stage
    from components.shared.versions import installed_versions

    output = find_output("ingest", fingerprint, capture)
    with run_stage("ingest", output=output) as record, tempfile.TemporaryDirectory() as scratch:
        report, folder = reporter("ingest"), Path(scratch) / "capture"
        ingest_settings = IngestSettings.from_text(settings)
        record.settings = ingest_settings.resolved()
        record.versions = installed_versions("kubesplat", "numpy", "pillow", "pillow-heif", "av")
        info = ingest_capture(source, folder, ingest_settings, within(report, 0.0, 0.95))
        record.figures = info.figures()
        pack(folder, Path(capture.path), within(report, 0.95, 1.0))
        log_metrics(metrics, info.metrics())
        deliver_output(capture)
