import json

import pytest

from components.shared.errors import InputError
from components.shared.progress import Progress
from components.shared.run_alone import new_folder, run_alone, stage_parser


def run(arguments, work=None):
    """Settings are their own text."""
    parser = stage_parser("sfm", "Test.")
    parser.add_argument("--output", type=new_folder)
    work = work or (lambda parsed, settings, on_progress: {"settings": settings})
    return run_alone("sfm", parser, str, work, arguments)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], ""),
        (["--set", "a=1", "--set", "sfm.b=2"], "a=1,b=2"),
        (["--set", "a=1,5"], 'a="1,5"'),
        (["--set", "a"], "a"),
    ],
)
def test_settings_are_handed_over_as_text(capsys, arguments, text):
    assert run(arguments) == 0
    assert json.loads(capsys.readouterr().out) == {"settings": text}


def test_progress_goes_to_stderr(capsys):
    def work(parsed, settings, on_progress):
        on_progress(Progress("match", 1.0, "3 of 3 pairs"))
        return {}

    assert run([], work) == 0
    assert capsys.readouterr() == ("{}\n", "sfm: match: 3 of 3 pairs\n")


def test_a_failure_has_its_remedy_and_exit_status(capsys):
    def work(parsed, settings, on_progress):
        raise InputError("no photos", remedy="Add photos.")

    assert run([], work) == 3
    assert capsys.readouterr() == ("", "sfm failed: no photos\nAdd photos.\n")


def test_an_unexpected_failure_has_its_traceback(capsys):
    def work(parsed, settings, on_progress):
        raise ValueError("unexpected")

    assert run([], work) == 5
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "sfm failed: ValueError: unexpected" in error


def test_an_output_with_files_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(SystemExit) as error:
        run(["--output", str(tmp_path)])
    assert error.value.code == 2
    assert "exists and is not an empty folder" in capsys.readouterr().err
    assert new_folder(str(tmp_path / "new")) == tmp_path / "new"
