"""What is refused before a run starts."""

import pytest
import typer

from components.shared.errors import InputError
from pipelines.cli.check_job import check_apart, check_capture, check_output

NOT_UTF_8 = b"caf\xe9".decode("utf-8", "surrogateescape")


@pytest.fixture
def capture(tmp_path, monkeypatch):
    """`photos` with a folder `a`, and links to both beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "a").mkdir(parents=True)
    (tmp_path / "link").symlink_to("photos")
    (tmp_path / "link to a").symlink_to("photos/a")
    (tmp_path / "photos" / "outside").symlink_to(tmp_path)
    return tmp_path / "photos"


@pytest.mark.parametrize(
    ("output", "given", "reason"),
    [
        ("photos", "photos", "photos is the capture photos"),
        ("photos/", "photos", "is the capture"),
        ("photos/out", "photos", "photos/out lies inside the capture photos; choose a folder beside it"),
        ("./x/../photos/out", "photos", "lies inside"),
        ("link", "photos", "is the capture"),
        ("link/out", "photos", "lies inside"),
        ("link to a/new/out", "photos", "lies inside"),
        ("photos/out", "link", "lies inside"),
        ("link/out", "link/../photos", "lies inside"),
    ],
)
def test_results_among_the_photos_are_refused(capture, output, given, reason):
    with pytest.raises(typer.BadParameter, match=reason):
        check_output(output, given)
    assert sorted(path.name for path in capture.iterdir()) == ["a", "outside"]


@pytest.mark.parametrize("output", ["out", "photos-scene", "photos/../out", "photos/outside/out", "."])
def test_results_beside_and_above_the_photos_are_written(capture, output):
    check_output(output, "photos")
    assert sorted(path.name for path in capture.iterdir()) == ["a", "outside"]


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("s3://b/castle", "s3://b/castle is the capture s3://b/castle/; choose a prefix beside it"),
        ("s3://b/castle/out", "lies inside the capture"),
    ],
)
def test_results_among_the_photos_in_s3_are_refused(output, reason):
    with pytest.raises(typer.BadParameter, match=reason):
        check_output(output, "s3://b/castle/")


@pytest.mark.parametrize(
    ("output", "given"),
    [
        ("s3://b/castle-scene", "s3://b/castle"),
        ("s3://other/castle/out", "s3://b/castle"),
        ("s3://b", "s3://b/castle"),
        ("s3://b/out", "s3://b"),
        ("s3://b/out", "photos"),
    ],
)
def test_results_beside_and_above_the_photos_in_s3_are_written(capture, output, given):
    check_output(output, given)


def test_intermediate_results_among_the_photos_are_refused(capture):
    with pytest.raises(typer.BadParameter, match="link/work lies inside the capture photos"):
        check_apart("link/work", "photos", "--work")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_text("x"), "out is a file; the results need a folder"),
        (lambda path: path.symlink_to("nowhere"), "out is a link that leads nowhere"),
    ],
)
def test_an_output_that_cannot_be_a_folder_is_refused(capture, make, reason):
    make(capture.parent / "out")
    with pytest.raises(typer.BadParameter, match=reason):
        check_output("out", "photos")


def test_empty_paths_are_not_the_current_folder(capture):
    with pytest.raises(InputError, match="the path is empty"):
        check_capture("")
    with pytest.raises(typer.BadParameter, match="the path is empty"):
        check_output("", "photos")


def test_names_that_are_not_utf_8_are_refused_with_a_remedy(capture):
    (capture.parent / NOT_UTF_8).mkdir()
    for check in (check_capture, lambda path: check_output(path, "photos")):
        with pytest.raises(InputError, match="has bytes that are not UTF-8") as error:
            check(NOT_UTF_8)
        assert "ln -s" in error.value.remedy
        assert error.value.message.encode()
