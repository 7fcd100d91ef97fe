"""Scenes with versions in a real S3 server: links without keys, cache headers, retention."""

import urllib.error
import urllib.request

import pytest
from typer.testing import CliRunner

from components.publish.scenes.latest import switch_latest
from components.publish.scenes.retention import find_removals, remove
from components.publish.scenes.version import begin_version
from components.shared.contracts.report import Report
from components.shared.scene_version import VersionInfo
from components.shared.storage import open_storage, put_json
from pipelines.cli.main import app

FIRST, SECOND = "20260101T000000Z-aaaaaa", "20260102T000000Z-bbbbbb"


@pytest.fixture
def scenes(s3):
    """A scene of two good versions."""
    for version in (FIRST, SECOND):
        output = f"{s3.uri}/scenes/my castle/{version}"
        begin_version(output, VersionInfo(scene="my castle", version=version, capture="in/", holder="run"))
        storage = open_storage(output)
        storage.write_bytes("viewer.html", f"viewer of {version}".encode())
        storage.write_bytes("scene.sog", b"PK")
        report = Report(status="succeeded")
        put_json(storage, "report.json", report.to_json())
        assert switch_latest(output, report)
    return f"{s3.uri}/scenes"


def get(address):
    with urllib.request.urlopen(address) as response:
        return response.read(), response.headers


def share(*arguments):
    return CliRunner().invoke(app, ["share", *arguments])


def test_a_link_works_without_keys_and_shows_the_latest(scenes):
    result = share(f"{scenes}/my castle", "--hours", "1")
    assert result.exit_code == 0
    names = result.stdout.split("\n")[::3]
    links = dict(zip(names, result.stdout.split("\n")[1::3], strict=False))
    assert list(links)[:2] == ["viewer.html", "scene.sog"]
    content, headers = get(links["viewer.html"])
    assert content == f"viewer of {SECOND}".encode()
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(links["viewer.html"].replace("viewer", "report").split("?")[0])


def test_one_version_and_a_run_without_versions_are_shared_as_they_are(scenes, s3):
    s3.put("flat/viewer.html", b"flat")
    assert FIRST in share(f"{scenes}/my castle/{FIRST}").stdout
    assert "/flat/viewer.html?" in share(f"{s3.uri}/flat").stdout


def test_what_cannot_be_shared_is_told(s3, tmp_path):
    missing = share(f"{s3.uri}/none")
    assert "there is no scene at" in missing.stderr
    assert missing.exit_code == 3
    (tmp_path / "viewer.html").touch()
    result = share(str(tmp_path))
    assert result.exit_code == 3
    assert "viewer.html works by itself" in result.stderr


def test_retention_deletes_what_is_old_and_keeps_the_latest(scenes, s3):
    storage = open_storage(scenes)
    later = storage.list_files()[0].changed_at + 7200
    (doomed,) = find_removals(storage, keep_versions=1, keep_days=None, now=later)
    assert doomed.version.name == FIRST
    assert remove(storage, doomed)
    names = s3.names()
    assert not [name for name in names if FIRST in name]
    assert f"scenes/my castle/{SECOND}/viewer.html" in names
