"""From a capture, wherever it is, to a run on the cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from components.shared.errors import InputError
from pipelines.cli.check_job import check_capture, check_dials, is_s3
from pipelines.cli.cluster.package import chosen_package, read_parameters
from pipelines.cli.failure import wrong_usage
from pipelines.cli.options import DIALS

if TYPE_CHECKING:
    from pipelines.client.connection.connect import Kubeflow
    from pipelines.client.runs import Run


@dataclass(frozen=True, slots=True)
class Submission:
    """What `kubesplat submit` was told."""

    capture: str
    output: str
    upload: str | None
    name: str
    dials: dict[str, Any]
    settings: tuple[str, ...]
    package: Path | None
    experiment: str

    def check(self) -> None:
        """Refuse what the cluster could not read or write, before anything is sent."""
        check_dials(self.dials)
        for value, option in ((self.output, "--output"), (self.upload, "--upload")):
            if value and not is_s3(value):
                raise wrong_usage(f"{value} is no s3://bucket/prefix, and the cluster needs one", option)
        if is_s3(self.capture):
            if self.upload:
                raise wrong_usage(f"{self.capture} is in S3 already", "--upload")
            return
        check_capture(self.capture)
        if not self.upload:
            raise InputError(
                f"{self.capture} is on this machine, where the cluster cannot read it",
                remedy="Add --upload s3://bucket/captures to copy it there first.",
            )

    def address(self) -> str:
        """Where the capture will be, without anything being copied."""
        if not self.upload:
            return self.capture
        return f"{self.upload.rstrip('/')}/{Path(self.capture).expanduser().absolute().name}"

    def title(self) -> str:
        return self.name or self.address().rstrip("/").rsplit("/", 1)[1]


def submit_run(kubeflow: Kubeflow, submission: Submission) -> Run:
    """Copy the capture if that is asked for, and start the run."""
    from components.shared.default_output import choose_output
    from pipelines.client.runs import experiment_id, refuse_taken_output, start_run, unique_name
    from pipelines.photos_to_sog.compile import compile_package

    output = choose_output(submission.output, submission.address())
    with chosen_package(submission.package, compile_package) as package:
        given = {"capture": submission.address(), "output": output, **_changed(submission.dials)}
        parameters = read_parameters(package, given, submission.settings)
        refuse_taken_output(kubeflow, output)
        if submission.upload:
            parameters["capture"] = _copy(submission.capture, submission.upload)
        experiment = experiment_id(kubeflow, submission.experiment)
        name = unique_name(submission.title())
        return start_run(kubeflow, package, parameters, name=name, experiment=experiment)


def show_submitted(kubeflow: Kubeflow, run: Run, *, as_json: bool) -> None:
    url = kubeflow.link(f"runs/details/{run.id}")
    if as_json:
        facts = {"run": run.id, "name": run.name, "url": url, "output": run.output}
        typer.echo(json.dumps(facts))
        return
    typer.echo(f"Started {run.name!r}: {run.id}")
    if url:
        typer.echo(f"  {url}")
    typer.echo(f"  results in {run.output}")
    typer.echo(f"\nFollow it:        kubesplat status {run.id} --wait")
    typer.echo(f"Get the results:  kubesplat fetch {run.id}")


def _changed(dials: dict[str, Any]) -> dict[str, Any]:
    """Those that differ from the pipeline's defaults; the package knows the others."""
    return {name: value for name, value in dials.items() if value != DIALS[name]}


def _copy(capture: str, prefix: str) -> str:
    from pipelines.cli.display.stage_progress import stage_progress
    from pipelines.client.upload import upload_capture

    with stage_progress("upload") as on_progress:
        return upload_capture(Path(capture).expanduser(), prefix, on_progress)
