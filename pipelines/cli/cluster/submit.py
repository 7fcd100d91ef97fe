"""Start a run on the cluster for a capture in S3 or on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import typer

from components.shared.default_output import choose_output
from components.shared.errors import InputError
from components.shared.storage import check_address, is_s3, join, name_of
from pipelines.cli.check_job import check_apart, check_capture, check_cluster_address, resolve
from pipelines.cli.cluster.package import choose_package, read_parameters
from pipelines.cli.display.stage_progress import stage_progress
from pipelines.cli.failure import wrong_usage
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.client.connection.connect import Kubeflow
from pipelines.client.runs import Run, experiment_id, refuse_taken_output, start_run, unique_name
from pipelines.client.upload import upload_capture
from pipelines.photos_to_sog.pipeline import define_photos_to_sog


@dataclass(frozen=True, slots=True)
class Submission:
    """Arguments and options of `kubesplat submit`."""

    capture: str
    output: str
    upload: str | None
    name: str
    settings: GivenSettings
    package: Path | None
    experiment: str

    def check(self) -> None:
        """Refuse a capture or an output that the cluster cannot read or write.

        Raises:
            InputError: the capture is on this machine and not uploaded, or a setting is not valid.
            BadParameter: an option is not valid.
        """
        self.settings.parameters()
        for value, option in ((self.output, "--output"), (self.upload, "--upload")):
            if value:
                check_cluster_address(value, option)
        check_address(self.capture)
        if is_s3(self.capture):
            if self.upload:
                raise wrong_usage(f"{self.capture} is in S3 already", "--upload")
            check_apart(choose_output(self.output, self.capture), self.capture, "--output")
            return
        check_capture(self.capture)
        if not self.upload:
            raise InputError(
                f"{self.capture} is on this machine, where the cluster cannot read it",
                remedy="Add --upload s3://bucket/captures to copy it there first.",
            )

    def address(self) -> str:
        """Address of the capture in S3, after an upload if there is one."""
        if not self.upload:
            return self.capture
        return join(self.upload, Path(resolve(self.capture)).name)

    def title(self) -> str:
        return self.name or name_of(self.address())


def submit_run(kubeflow: Kubeflow, submission: Submission) -> Run:
    """Upload the capture if `submission.upload` is set, and start the run."""
    output = choose_output(submission.output, submission.address())
    with choose_package(submission.package, define_photos_to_sog) as package:
        given = {"capture": submission.address(), "output": output}
        parameters = read_parameters(package, given, submission.settings)
        refuse_taken_output(kubeflow, output)
        if submission.upload:
            capture = Path(resolve(submission.capture))
            with stage_progress("upload") as on_progress:
                parameters["capture"] = upload_capture(capture, submission.upload, on_progress)
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
