"""The Kubeflow faces of the inbox: what is new, and what came of it."""

from typing import List  # noqa: UP035, what kfp 2.17 reads

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def find_captures(
    inbox: str,
    output: str = "",
    quiet_minutes: int = 5,
    max_passes: int = 3,
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
    inbox_settings: str = "",
    ingest_settings: str = "",
    sfm_settings: str = "",
    train_settings: str = "",
    compress_settings: str = "",
    evaluate_settings: str = "",
    publish_settings: str = "",
) -> List[dict]:  # noqa: UP006
    """Captures in `inbox` without a result of their present state, with the place for each result.

    Settings that are wrong fail here, before they could fail each capture for good.
    """
    given = dict(locals())

    from components.shared.default_output import choose_output
    from components.shared.progress import Progress, reporter
    from components.shared.settings_text import build_settings
    from components.shared.stage import exit_on_failure, run_stage
    from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX, plan_pass
    from pipelines.inbox_to_sogs.settings import InboxSettings
    from pipelines.photos_to_sog.check_settings import check_settings

    with exit_on_failure("inbox"):
        output = choose_output(output, inbox, suffix=INBOX_SUFFIX)
    with run_stage("inbox", output=output) as record:
        check_settings(given)
        passes = {"quiet_minutes": quiet_minutes, "max_passes": max_passes}
        settings = build_settings(InboxSettings, "inbox", inbox_settings, **passes)
        plan = plan_pass(inbox, output, settings)
        record.figures = {"captures": len(plan.captures), "begun": len(plan.begun)}
        titles = ", ".join(each.title for each in plan.begun)
        reporter("inbox")(Progress(f"{len(plan.begun)} of {len(plan.captures)} captures", 1.0, titles))
    return [{"capture": each.capture, "output": each.output} for each in plan.begun]


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def sum_up(
    summary: dsl.Output[dsl.Artifact],
    page: dsl.Output[dsl.Markdown],
    inbox: str,
    output: str,
    pipeline_status: dsl.PipelineTaskFinalStatus,
) -> None:
    """Say what was processed, what was skipped, and what failed for which cause."""
    from pathlib import Path

    from components.shared.default_output import choose_output
    from components.shared.files import write_json, write_text
    from components.shared.stage import exit_on_failure
    from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX
    from pipelines.inbox_to_sogs.sum_up import sum_up as sum_up_pass
    from pipelines.inbox_to_sogs.summary_page import render_summary_page

    with exit_on_failure("inbox"):
        result = sum_up_pass(inbox, choose_output(output, inbox, suffix=INBOX_SUFFIX))
        write_json(Path(summary.path), result)
        write_text(Path(page.path), render_summary_page(result))
