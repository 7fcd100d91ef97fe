"""The KFP components of a run's first tasks: settings, what may come from Kubeflow's cache, inspection."""

from typing import NamedTuple

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def list_capture(
    listing: dsl.Output[dsl.Artifact],
    capture: str,
    output: str = "",
    reuse_days: int = 14,
    nodes: str = "",
    options: str = "",
    formats: str = "",
    inspect_settings: str = "",
    ingest_settings: str = "",
    sfm_settings: str = "",
    train_settings: str = "",
    compress_settings: str = "",
    evaluate_settings: str = "",
    publish_settings: str = "",
) -> NamedTuple(  # type: ignore[valid-type]
    "Outputs",
    [
        ("fingerprint", str),
        ("output", str),
        ("title", str),
        ("inspection", str),
        ("ingest_settings", str),
        ("sfm_settings", str),
        ("train_settings", str),
        ("compress_settings", str),
        ("evaluate_settings", str),
    ],
):
    """List the capture, check all settings, forecast the run, and say where the results go.

    Nothing of the capture is read. `nodes` are those of the stages on a cluster, as `nodes_text` writes them.
    `options` are `name=value,name=value`, `formats` is one with commas in it; the settings of a stage win
    over them. Each stage gets the canonical text of its own settings, so that its key in Kubeflow's cache
    depends on nothing else. `inspection` is what the task `inspect` is to do.
    """
    texts = dict(locals())

    from pathlib import Path

    from components.publish.scenes.version import hold_version, scene_title
    from components.shared.before_stage import before_stage
    from components.shared.default_output import choose_output
    from components.shared.files import write_json
    from components.shared.leases import own_id
    from components.shared.run_folder import note_output
    from components.shared.run_layout import settings_name
    from components.shared.stage import exit_on_failure
    from components.shared.storage import open_storage, put_json
    from pipelines.inspect_capture.settings import inspects
    from pipelines.photos_to_sog.describe_capture import describe_capture, forget_earlier_run
    from pipelines.photos_to_sog.expect import expect
    from pipelines.photos_to_sog.inspect_first import NOTHING, InspectionJob
    from pipelines.photos_to_sog.options import OPTIONS, merge_parameters
    from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS

    with exit_on_failure("ingest"):
        output = choose_output(output, capture)
        hold_version(output, own_id())
    with before_stage("ingest", "list-capture", output=output):
        forget_earlier_run(output)
        settings = merge_parameters(OPTIONS, STAGE_SETTINGS, options, texts)
        resolved = {stage: each.resolved() for stage, each in settings.items()}
        put_json(open_storage(output), settings_name(), resolved)
        described = describe_capture(capture, reuse_days)
        write_json(Path(listing.path), described)
        expect(described["files"], settings, nodes, output)
        note_output(described["fingerprint"], output, listing)
    stages = ("ingest", "sfm", "train", "compress", "evaluate")
    title = scene_title(output) or "Scene"
    inspection = InspectionJob.of(capture, output).to_text() if inspects(settings) else NOTHING
    texts_of_stages = (settings[stage].to_text() for stage in stages)
    return described["fingerprint"], output, title, inspection, *texts_of_stages


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def inspect(inspection: str, nodes: str = "") -> None:
    """Inspect the capture, if the first task asks for one; fail if the run cannot succeed.

    Without an inspection all inputs are constant, so that the task comes from Kubeflow's cache: a task
    outside a condition cannot wait for one inside.
    """
    from components.shared.progress import reporter
    from components.shared.stage import run_stage
    from components.shared.versions import installed_versions
    from pipelines.photos_to_sog.inspect_first import InspectionJob, inspect_first

    asked = InspectionJob.from_text(inspection)
    if asked is None:
        return
    with run_stage("inspect", output=asked.output) as record:
        record.versions = installed_versions("kubesplat", "numpy", "pillow", "pycolmap", "pycolmap-cuda12")
        inspect_first(asked, nodes, record, reporter("inspect"))
