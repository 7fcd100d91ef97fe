"""KFP component of evaluation."""

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def evaluate(
    scene: dsl.Input[dsl.Dataset],
    splat: dsl.Input[dsl.Model],
    sog: dsl.Input[dsl.Model],
    report: dsl.Output[dsl.HTML],
    presentation: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    fingerprint: str,
    title: str = "Scene",
    settings: str = "",
) -> None:
    """Compare renders of the delivered file with held-out photos; fail if a quality gate is not met.

    `settings` are those of `components/evaluate/settings.py`, as in `min_psnr_db=15,flythrough_px=720`;
    `title` is the heading where they name none.
    """
    import shutil
    import tempfile
    from pathlib import Path

    from components.shared.archive import pack
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.errors import QualityGateError
    from components.shared.progress import reporter
    from components.shared.run_folder import find_output
    from components.shared.run_layout import REPORT_PAGE
    from components.shared.stage import read_records, run_stage
    from components.shared.stages import stages_before
    from components.shared.storage import open_storage
    from components.shared.stored_forecast import read_forecast
    from components.shared.versions import installed_versions

    output = find_output("evaluate", fingerprint, presentation)
    with run_stage("evaluate", output=output) as record, tempfile.TemporaryDirectory() as folder:
        # Imported here: a process that is killed while it loads numba counts as a try.
        from components.evaluate.evaluate import evaluate as evaluate_scene
        from components.evaluate.settings import EvaluateSettings
        from components.evaluate.unpack_inputs import unpack_inputs

        chosen = EvaluateSettings.from_text(settings)
        record.settings = chosen.resolved()
        record.versions = installed_versions("kubesplat", "numpy", "numba", "pillow", "av")
        titled = chosen.model_copy(update={"title": chosen.title or title})
        inputs = unpack_inputs(fetch_input(scene), fetch_input(splat), Path(folder, "inputs"))
        storage, results = open_storage(output), Path(folder, "results")
        try:
            result = evaluate_scene(
                *inputs,
                fetch_input(sog),
                results,
                titled,
                reporter("evaluate"),
                stages=list(read_records(storage, stages_before("evaluate")).values()),
                forecast=read_forecast(storage),
                published=True,
            )
        except QualityGateError:
            # Kubeflow uploads no outputs of a stage that failed, and this report shows why it failed.
            storage.put_file(results / REPORT_PAGE, REPORT_PAGE)
            raise
        record.figures = result.figures()
        log_metrics(metrics, result.metrics())
        shutil.move(results / REPORT_PAGE, report.path)
        pack(results, Path(presentation.path))
        deliver_output(report)
        deliver_output(presentation)
