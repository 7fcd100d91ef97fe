"""The Kubeflow face of a run's first task: it tells what the others may take from Kubeflow's cache."""

from typing import NamedTuple

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def list_capture(
    listing: dsl.Output[dsl.Artifact],
    capture: str,
    output: str = "",
    reuse_days: int = 14,
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
    ingest_settings: str = "",
    sfm_settings: str = "",
    train_settings: str = "",
    compress_settings: str = "",
    evaluate_settings: str = "",
    publish_settings: str = "",
) -> NamedTuple("Outputs", [("fingerprint", str), ("output", str), ("title", str)]):  # type: ignore[valid-type]
    """List the capture, check all settings, and say where the results go; nothing of the capture is read."""
    given = dict(locals())

    from pathlib import Path

    from components.shared.before_stage import before_stage
    from components.shared.default_output import choose_output
    from components.shared.files import write_json
    from components.shared.run_folder import note_output
    from components.shared.stage import exit_on_failure
    from pipelines.photos_to_sog.check_settings import check_settings
    from pipelines.photos_to_sog.describe_capture import describe_capture, forget_earlier_run

    with exit_on_failure("ingest"):
        output = choose_output(output, capture)
    with before_stage("ingest", "list-capture", output=output):
        forget_earlier_run(output)
        check_settings(given)
        described = describe_capture(capture, reuse_days)
        write_json(Path(listing.path), described)
        note_output(described["fingerprint"], output, listing)
    return described["fingerprint"], output, output.rstrip("/").rpartition("/")[2] or "Scene"
