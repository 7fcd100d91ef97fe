import pytest
from kubeflow_server import serve_kubeflow
from typer.testing import CliRunner

from pipelines.cli.main import app


@pytest.fixture
def kubeflow():
    with serve_kubeflow() as server:
        yield server


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_submit(kubeflow):
    result = invoke("submit", "s3://bucket/castle/", "--host", kubeflow.host, "--debug")
    print(result.stdout, result.stderr)
    assert result.exit_code == 0
    assert kubeflow.count("create_run") == 1
