"""The KFP components of a pass over an inbox: the captures to process, and the summary."""

from typing import List  # noqa: UP035, what kfp 2.17 reads

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def find_captures(
    inbox: str,
    output: str = "",
    options: str = "",
    formats: str = "",
    inbox_settings: str = "",
    inspect_settings: str = "",
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
    texts = dict(locals())

    from components.shared.default_output import choose_output
    from components.shared.progress import Progress, reporter
    from components.shared.stage import exit_on_failure, run_stage
    from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES
    from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX, plan_pass
    from pipelines.inbox_to_sogs.settings import InboxSettings
    from pipelines.photos_to_sog.options import merge_parameters

    with exit_on_failure("inbox"):
        output = choose_output(output, inbox, suffix=INBOX_SUFFIX)
    with run_stage("inbox", output=output) as record:
        settings = merge_parameters(INBOX_OPTIONS, INBOX_STAGES, options, texts)
        plan = plan_pass(inbox, output, InboxSettings.model_validate(settings["inbox"]))
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
    from pipelines.inbox_to_sogs.notify_pass import notify_of_pass
    from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX
    from pipelines.inbox_to_sogs.sum_up import sum_up as sum_up_pass
    from pipelines.inbox_to_sogs.summary_page import render_summary_page

    with exit_on_failure("inbox"):
        result = sum_up_pass(inbox, choose_output(output, inbox, suffix=INBOX_SUFFIX))
        write_json(Path(summary.path), result)
        write_text(Path(page.path), render_summary_page(result))
        notify_of_pass(result)
