import pytest

from components.shared.errors import InputError
from pipelines.client import fetch
from pipelines.client.fetch import fetch_results, output_folders
from pipelines.client.runs import Run
from pipelines.client.status.inbox_pass import CaptureStatus, InboxPass


def put(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_results_come_with_their_folders_and_progress(tmp_path):
    put(tmp_path / "out", "scene.sog", "scene/meta.json", "stages/sfm.json", ".kubesplat/tries/sfm.json")
    seen = []
    files = fetch_results(
        str(tmp_path / "out"), tmp_path / "here", lambda progress: seen.append(progress.fraction)
    )
    assert [path.relative_to(tmp_path / "here").as_posix() for path in files] == [
        "scene.sog",
        "scene/meta.json",
    ]
    assert (tmp_path / "here/scene/meta.json").read_text() == "scene/meta.json"
    assert seen[-1] == 1.0


def test_no_name_leads_out_of_the_folder(tmp_path, monkeypatch):
    put(tmp_path / "out", "scene.sog")
    storage = fetch.open_storage(str(tmp_path / "out"))
    (file,) = storage.list_files()
    evil = type(file)("../../evil", file.bytes, file.version, file.changed_at)
    monkeypatch.setattr(storage, "list_files", lambda: [file, evil])
    monkeypatch.setattr(fetch, "open_storage", lambda _: storage)
    with pytest.raises(InputError, match="would be written outside of"):
        fetch_results("s3://b/out", tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_no_title_of_a_capture_leads_out_of_the_folder(monkeypatch):
    captures = [CaptureStatus(title, "done", output="s3://b/out") for title in ("castle", "../../evil")]
    monkeypatch.setattr(fetch, "read_inbox_pass", lambda *_: InboxPass(tuple(captures)))
    run = Run("id", "inbox 1", "SUCCEEDED", None, None, {"inbox": "s3://b/in"}, "")
    with pytest.raises(InputError, match=r"'\.\./\.\./evil' would be written outside of"):
        output_folders(run)
