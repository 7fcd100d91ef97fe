"""KFP components of publishing: `publish` in the pipeline, `conclude` as its exit task after every run."""

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def publish(
    scene: dsl.Input[dsl.Dataset],
    splat: dsl.Input[dsl.Model],
    sog: dsl.Input[dsl.Model],
    exports: dsl.Input[dsl.Dataset],
    report: dsl.Input[dsl.HTML],
    presentation: dsl.Input[dsl.Dataset],
    output: str,
) -> None:
    """Store the scene, the viewer and the report at `output`, a folder or an s3:// prefix."""
    import tempfile
    from pathlib import Path

    from components.publish.publish import publish as publish_results
    from components.publish.publish import unpack_results
    from components.publish.recover_parts import recover_parts
    from components.shared.artifacts import fetch_input
    from components.shared.contracts.report import PublishFigures
    from components.shared.progress import reporter
    from components.shared.stage import run_stage
    from components.shared.versions import installed_versions

    with run_stage("publish", output=output) as record, tempfile.TemporaryDirectory() as folder:
        results = unpack_results(
            scene=fetch_input(scene),
            splat=fetch_input(splat),
            sog=fetch_input(sog),
            exports=fetch_input(exports),
            report=fetch_input(report),
            presentation=fetch_input(presentation),
            folder=Path(folder),
        )
        published = publish_results(results, output, reporter("publish"))
        record.versions = installed_versions("kubesplat")
        record.figures = PublishFigures(files=published.files, parts=recover_parts(results))


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def conclude(
    capture: str,
    output: str,
    pipeline_status: dsl.PipelineTaskFinalStatus,
    options: str = "",
    settings: str = "",
) -> None:
    """Write `report.json`, for a failed run too.

    `settings` are `name=value,name=value`. Invalid settings have failed the run in its first task; the
    report is then written with the defaults. The version of a scene becomes the latest if it succeeded.
    """
    from components.publish.conclude_version import conclude_version
    from components.publish.run_state import RunState, run_state
    from components.publish.settings import PublishSettings
    from components.shared.default_output import choose_output
    from components.shared.errors import InputError
    from components.shared.kubeflow_api import was_cancelled
    from components.shared.leases import own_id
    from components.shared.settings import parse_text
    from components.shared.stage import exit_on_failure

    with exit_on_failure("conclude"):
        try:
            chosen = PublishSettings.model_validate(
                parse_text("publish", options) | parse_text("publish", settings)
            )
        except InputError:
            chosen = PublishSettings()
        state = run_state(pipeline_status.state)
        if state is RunState.UNKNOWN and was_cancelled(own_id()):
            state = RunState.CANCELLED
        conclude_version(choose_output(output, capture), state=state, settings=chosen)
