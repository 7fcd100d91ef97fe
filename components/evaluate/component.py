"""The Kubeflow face of evaluation."""

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
    max_psnr_drop_db: float = 1.0,
    settings: str = "",
) -> None:
    """Compare renders of the delivered file with held-out photos.

    `settings` are any others, as in `min_psnr_db=15,flythrough_px=720`.
    """
    import shutil
    import tempfile
    from pathlib import Path

    from components.evaluate.stage_records import stage_records
    from components.shared.archive import pack
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.errors import QualityGateError
    from components.shared.files import read_json
    from components.shared.progress import reporter
    from components.shared.run_folder import find_output
    from components.shared.settings_text import build_settings
    from components.shared.stage import run_stage
    from components.shared.storage import open_storage

    output = find_output("evaluate", fingerprint, presentation)
    with run_stage("evaluate", output=output) as record, tempfile.TemporaryDirectory() as folder:
        # Only now: what is killed while it loads numba counts as a try.
        from components.evaluate.evaluate import EVALUATION, REPORT
        from components.evaluate.evaluate import evaluate as evaluate_scene
        from components.evaluate.settings import EvaluateSettings

        chosen = build_settings(
            EvaluateSettings, "evaluate", settings, title=title, max_psnr_drop_db=max_psnr_drop_db
        )
        posed, trained, delivered = (fetch_input(artifact) for artifact in (scene, splat, sog))
        results, stages, report_progress = Path(folder), stage_records(output), reporter("evaluate")
        try:
            result = evaluate_scene(
                posed, trained, delivered, results, chosen, report_progress, stages=stages, published=True
            )
        except QualityGateError:
            # Kubeflow takes nothing from a stage that failed, and this report says why.
            open_storage(output).put_file(results / REPORT, REPORT)
            record.figures = read_json(results / EVALUATION)["delivered"]
            raise
        record.figures = result.figures()
        log_metrics(metrics, result.metrics())
        shutil.move(results / REPORT, report.path)
        pack(results, Path(presentation.path))
        deliver_output(report)
        deliver_output(presentation)
