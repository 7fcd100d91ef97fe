import pytest

from components.shared.errors import InputError
from pipelines.client.upload import upload_capture


def put(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_a_folder_is_uploaded_without_hidden_files(tmp_path):
    put(tmp_path / "castle", "a.jpg", "left/b.jpg", ".DS_Store", ".git/config")
    address = upload_capture(tmp_path / "castle", str(tmp_path / "bucket"))
    assert address == f"{tmp_path}/bucket/castle/"
    stored = sorted(path.name for path in (tmp_path / "bucket").rglob("*") if path.is_file())
    assert stored == ["a.jpg", "b.jpg"]


def test_an_archive_is_uploaded_as_one_file(tmp_path):
    put(tmp_path, "castle.zip")
    assert upload_capture(tmp_path / "castle.zip", f"{tmp_path}/bucket/") == f"{tmp_path}/bucket/castle.zip"
    assert (tmp_path / "bucket/castle.zip").read_text() == "castle.zip"


def test_an_empty_folder_is_no_capture(tmp_path):
    (tmp_path / "castle").mkdir()
    with pytest.raises(InputError, match="holds no files"):
        upload_capture(tmp_path / "castle", str(tmp_path / "bucket"))
