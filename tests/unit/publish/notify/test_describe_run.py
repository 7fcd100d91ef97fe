import pytest

from components.publish.notify.describe_run import describe_run
from components.shared.contracts.report import DeliveredFigures, Totals
from components.shared.errors import Failure
from tests.reports import make_report


def test_a_scene_with_its_figures_and_files():
    report = make_report(run="run-1").replace(
        delivered=DeliveredFigures(psnr_db=27.31), totals=Totals(seconds=200.0, cost_usd=0.5)
    )
    message = describe_run(report, "s3://bucket/garden/")
    assert (message.event, message.title) == ("run.succeeded", "garden")
    assert message.text == "garden is done in 3m20s, PSNR 27.3 dB"
    assert message.figures["cost_usd"] == 0.5
    assert message.figures["gaussians"] is None
    assert message.links["viewer"] == "s3://bucket/garden/viewer.html"


def test_a_failure_links_no_scene():
    failure = Failure("InputError", "sfm", "0 of 24", "Others.", retryable=False)
    message = describe_run(make_report(failure), "/out/garden")
    assert (message.event, message.text) == ("run.failed", "garden failed in sfm")
    assert set(message.links) == {"report", "figures"}
    assert message.failure == failure


def test_the_same_report_has_the_same_id_and_another_one_another():
    first, again = (describe_run(make_report(run="run-1"), "/out").id for _ in range(2))
    assert first == again
    assert (
        len(
            {
                first,
                describe_run(make_report(run="run-2"), "/out").id,
                describe_run(make_report(run="run-1"), "/o").id,
            }
        )
        == 3
    )


@pytest.mark.parametrize(
    ("links", "viewer"),
    [
        ("s3://bucket=https://example.org/s/", "https://example.org/s/my%20garden/viewer.html"),
        ("s3://bucket/my garden=https://example.org", "https://example.org/viewer.html"),
        ("s3://buck=https://example.org", "s3://bucket/my garden/viewer.html"),
        ("", "s3://bucket/my garden/viewer.html"),
    ],
)
def test_results_that_are_on_the_web_are_linked_there(links, viewer, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_LINKS", links)
    assert describe_run(make_report(), "s3://bucket/my garden").links["viewer"] == viewer


def test_the_run_is_linked_where_kubeflows_ui_is_known(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_KUBEFLOW_UI", "https://kubeflow.example.org/pipeline/")
    assert describe_run(make_report(run="3f0c"), "/out").links["run"] == (
        "https://kubeflow.example.org/pipeline/#/runs/details/3f0c"
    )
    assert "run" not in describe_run(make_report(), "/out").links
