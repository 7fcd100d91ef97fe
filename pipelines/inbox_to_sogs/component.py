"""The Kubeflow faces of the inbox: what is new, and what came of it."""

from typing import List  # noqa: UP035, what kfp 2.17 reads

from kfp import dsl

from components.shared.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def find_captures(inbox: str, output: str, quiet_minutes: int = 5, max_passes: int = 3) -> List[dict]:  # noqa: UP006
    """Captures in `inbox` without a result of their present state, with the place for each result."""
    from components.shared.default_output import choose_output
    from components.shared.progress import Progress, reporter
    from components.shared.stage import exit_on_failure, run_stage
    from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX, plan_pass
    from pipelines.inbox_to_sogs.settings import InboxSettings

    with exit_on_failure("inbox"):
        output = choose_output(output, inbox, suffix=INBOX_SUFFIX)
    with run_stage("inbox", output=output) as record:
        settings = InboxSettings(quiet_minutes=quiet_minutes, max_passes=max_passes)
        plan = plan_pass(inbox, output, settings)
        record.figures = {"captures": len(plan.captures), "begun": len(plan.begun)}
        titles = ", ".join(each.title for each in plan.begun)
        reporter("inbox")(Progress(f"{len(plan.begun)} of {len(plan.captures)} captures", 1.0, titles))
    return [{"capture": each.capture, "output": each.output} for each in plan.begun]


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
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
    from components.shared.files import atomic_path, write_json
    from components.shared.stage import exit_on_failure
    from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX
    from pipelines.inbox_to_sogs.sum_up import sum_up as sum_up_pass
    from pipelines.inbox_to_sogs.summary_page import render_summary_page

    with exit_on_failure("inbox"):
        result = sum_up_pass(inbox, choose_output(output, inbox, suffix=INBOX_SUFFIX))
        write_json(Path(summary.path), result)
        with atomic_path(Path(page.path)) as temporary:
            temporary.write_text(render_summary_page(result), encoding="utf-8")
