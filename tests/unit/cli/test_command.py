import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from components.shared.errors import KubesplatError
from pipelines.cli.failure import exit_code_of
from pipelines.cli.main import app


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").touch()
    return folder


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_help_names_every_command():
    help_text = invoke("--help").stdout
    local = (
        "run",
        "demo",
        "inspect",
        "inbox",
        "compile",
        "compress",
        "convert",
        "decompress",
        "evaluate",
        "view",
    )
    for name in (*local, "submit", "status", "fetch", "cancel", "schedule", "doctor"):
        assert f" {name} " in help_text


@pytest.mark.parametrize("command", ["create", "list", "delete", "enable", "disable"])
def test_schedules_have_commands_of_their_own(command):
    result = invoke("schedule", command, "--help")
    assert result.exit_code == 0
    assert "--host" in result.stdout


def test_an_option_without_limits_shows_its_default_alone():
    help_text = " ".join(invoke("submit", "--help").stdout.replace("│", " ").split())
    assert "(default: sog)" in help_text
    assert "(from 0 to 1; default: 0.5)" in help_text


def test_help_imports_nothing_heavy():
    program = (
        "import sys, pipelines.cli.main; print(sorted({'kfp', 'torch', 'numpy', 'numba'} & set(sys.modules)))"
    )
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert imported.stdout.strip() == "[]"


def test_version():
    assert invoke("--version").stdout == f"kubesplat {version('kubesplat')}\n"


def test_a_missing_capture_is_a_bad_capture(tmp_path):
    result = invoke("run", tmp_path / "nowhere", "--output", tmp_path / "out")
    assert result.exit_code == 3
    assert "nowhere does not exist" in result.stderr
    assert "What to do: Check the path" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("output", ["file/out", "/proc/kubesplat"])
def test_an_output_that_cannot_be_written_is_infrastructure(photos, tmp_path, output):
    (tmp_path / "file").touch()
    result = invoke("run", photos, "--output", tmp_path / output)
    assert result.exit_code == 5
    assert f"the results cannot be written to {tmp_path / output}" in result.stderr
    assert "What to do: Choose an --output folder" in result.stderr


def test_debug_adds_the_traceback(tmp_path):
    result = invoke("run", tmp_path / "nowhere", "--output", tmp_path / "out", "--debug")
    assert result.exit_code == 3
    assert "Traceback" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "Missing argument"),
        (["run", "PHOTOS"], "Missing option"),
        (["run", "PHOTOS", "--output", "PHOTOS/out"], "lies inside the capture"),
        (["run", "PHOTOS", "--output", "OUT", "--artifacts", "folder"], "is no s3://"),
        (
            ["run", "PHOTOS", "--output", "OUT", "--steps", "3"],
            "train.steps is 3; it must be a whole number from 100",
        ),
        (
            ["run", "PHOTOS", "--output", "OUT", "--steps", "many"],
            "Invalid value for '--steps': train.steps is",
        ),
        (["run", "PHOTOS", "--output", "OUT", "--set", "train.sh_degree=4"], "train.sh_degree is 4; it must"),
        (["run", "PHOTOS", "--output", "OUT", "--set", "train.shdegree=2"], "Did you mean train.sh_degree?"),
        (["run", "PHOTOS", "--output", "OUT", "--set", "sfm.sh_degree=2"], "Did you mean train.sh_degree?"),
        (["run", "PHOTOS", "--output", "OUT", "--set", "trian.steps=200"], "Did you mean train.steps?"),
        (["run", "PHOTOS", "--output", "OUT", "--set", "train.steps"], "write STAGE.NAME=VALUE"),
        (["run", "PHOTOS", "--output", "OUT", "--set", "train_memory=2Gi"], "'train_memory' is no setting"),
        (["run", "PHOTOS", "--output", "OUT", "--config", "none.yaml"], "none.yaml cannot be read"),
        (["demo", "--output", "OUT", "--preset", "qualty"], "Did you mean quality?"),
        (["inbox", "PHOTOS", "--output", "OUT", "--max-passes", "0"], "inbox.max_passes is 0; it must be"),
        (["run", "PHOTOS", "--output", "OUT", "--training", "sh_degree=4"], "sh_degree is 4"),
        (["run", "PHOTOS", "--output", "OUT", "--training", "shdegree=2"], "Did you mean train.sh_degree?"),
        (
            ["run", "PHOTOS", "--output", "OUT", "--min-registered-fraction", "2"],
            "sfm.min_registered_fraction is 2; it must be a number from 0 to 1",
        ),
        (["compress", "scene.ply", "scene.zip"], "does not end in .sog"),
        (["decompress", "scene.sog", "scene.obj"], "does not end in .ply"),
        (["convert", "scene.sog", "scene.obj"], "does not end in one of .sog, .ply"),
        (["fly"], "No such command"),
    ],
)
def test_wrong_usage_is_told_before_anything_starts(photos, tmp_path, arguments, words):
    places = {"PHOTOS": str(photos), "OUT": str(tmp_path / "out"), "PHOTOS/out": str(photos / "out")}
    result = invoke(*(places.get(argument, argument) for argument in arguments))
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_every_failure_type_keeps_its_exit_status():
    for error in KubesplatError.__subclasses__():
        assert exit_code_of(error.__name__) == error.exit_code
    assert exit_code_of("SomethingOfTomorrow") == 5
