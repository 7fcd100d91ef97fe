"""Runs and passes on one machine tell a real receiver, too."""

import base64

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.unit.publish.notify.receiver import serve


@pytest.mark.slow
def test_a_pass_tells_of_its_run_and_of_itself_and_writes_no_secret(small_demo, tmp_path, monkeypatch):
    folder = tmp_path / "inbox" / "few"
    folder.mkdir(parents=True)
    for name in small_demo.truth.names[:2]:
        (folder / name).write_bytes((small_demo.folder / name).read_bytes())
    with serve() as receiver:
        monkeypatch.setenv("KUBESPLAT_WEBHOOK_URL", f"{receiver.address}/?token=t0ken")
        monkeypatch.setenv("KUBESPLAT_WEBHOOK_SECRET", f"whsec_{base64.b64encode(b's3cret' * 4).decode()}")
        result = CliRunner().invoke(app, ["inbox", str(tmp_path / "inbox"), "--quiet-minutes", "0"])
        assert result.exit_code == 3
        run, whole = receiver.bodies()
    assert (run["type"], whole["type"]) == ("run.failed", "inbox.failed")
    assert run["data"]["title"] == "few"
    assert whole["data"]["details"] == [f"few: {run['data']['failure']['message']}"]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"t0ken" not in written
    assert base64.b64encode(b"s3cret" * 4) not in written
