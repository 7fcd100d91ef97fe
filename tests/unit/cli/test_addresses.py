"""Wrong addresses end a command before it reads or writes anything."""

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ("run S3://bucket/x -o out", 3, "s3://bucket/x is meant"),
        ("run s3:/bucket/x -o out", 3, "s3://bucket/x is meant"),
        ("run s3:// -o out", 3, "names no bucket"),
        ("run s3://Bucket/x -o out", 3, "has capital letters"),
        ("run gs://bucket/x -o out", 3, "cannot be read or written"),
        ("run photos -o S3://bucket/x", 2, "s3://bucket/x is meant"),
        ("run photos -o s3://bucket//x", 2, "could replace others"),
        ("run photos -o s3://bucket/a/../x", 2, "a part called . or .."),
        ("run photos -o https://host/x", 2, "cannot be read or written"),
        ("run photos -o out --artifacts s3:/bucket", 2, "s3://bucket is meant"),
        ("run photos -o out --artifacts work", 2, "is no s3://bucket/prefix"),
        ("demo -o gs://bucket/x", 2, "cannot be read or written"),
        ("inbox s3://_b -o out", 3, "can be no bucket's name"),
        ("inbox photos -o s3://bucket/a//b", 2, "could replace others"),
        ("submit s3://bucket//x", 3, "could replace others"),
        ("submit S3://bucket/x", 3, "s3://bucket/x is meant"),
        ("submit s3://bucket/x -o s3://", 2, "names no bucket"),
        ("submit photos --upload s3://Bucket", 2, "has capital letters"),
        ("schedule create s3:/bucket/in --every 1h", 2, "s3://bucket/in is meant"),
        ("schedule create s3://bucket/in --every 1h -o s3://bucket//x", 2, "could replace others"),
        ("schedule create inbox --every 1h", 2, "is no s3://bucket/prefix"),
    ],
)
def test_a_wrong_address_is_told_before_anything_starts(photos, words, status, message):
    result = CliRunner().invoke(app, words.split(), env={"COLUMNS": "1000"})
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (status, True), result.stderr
    assert [path.name for path in photos.iterdir()] == ["photos"]


def test_a_local_address_may_have_its_scheme(photos):
    result = CliRunner().invoke(app, ["run", f"file://{photos}/none", "-o", "out"])
    assert (result.exit_code, "none does not exist" in result.stderr) == (3, True)
