import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from components.shared.errors import InputError, StorageError
from components.shared.storage import NotFoundError, get_json, open_storage, put_json


@pytest.fixture
def store(s3):
    return open_storage(f"{s3.uri}/runs/a")


def write(path, content=b"content"):
    path.write_bytes(content)
    return path


def test_a_file_comes_back_as_it_was(store, s3, tmp_path):
    content = bytes(range(256)) * 1000
    store.put_file(write(tmp_path / "in", content), "deep/er/name.bin")
    assert s3.get("runs/a/deep/er/name.bin") == content
    store.get_file("deep/er/name.bin", tmp_path / "new" / "out")
    assert (tmp_path / "new" / "out").read_bytes() == content


def test_a_file_of_several_parts_comes_back_as_it_was(store, tmp_path):
    content = bytes(1024) * 1024 * 7 + b"end"  # parts are of 5 MiB
    store.put_file(write(tmp_path / "in", content), "large")
    store.get_file("large", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content


def test_names_are_those_below_the_prefix_and_no_others(store, s3):
    for name in ("runs/a/2.json", "runs/a/1.json", "runs/a/deep/3.json", "runs/ab/4.json", "5.json"):
        s3.put(name, b"x")
    assert store.list_names() == ["1.json", "2.json", "deep/3.json"]
    assert store.list_names("deep/") == ["deep/3.json"]
    assert store.list_names("none") == []
    assert open_storage(s3.uri).list_names("runs/ab/") == ["runs/ab/4.json"]


def test_more_names_than_one_answer_of_the_service_holds(store, s3):
    names = [f"{number:04d} #?%+" for number in range(1010)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: s3.put(f"runs/a/{name}", b"x"), names))
    assert store.list_names() == names


def test_what_is_there_and_what_is_deleted(store, s3):
    s3.put("runs/a/here", b"x")
    assert store.exists("here")
    assert not store.exists("her")
    store.delete("here")
    assert not store.exists("here")
    store.delete("here")


def test_storing_again_replaces(store, s3, tmp_path):
    store.put_file(write(tmp_path / "in", b"first, and longer"), "name")
    store.put_file(write(tmp_path / "in", b"second"), "name")
    assert s3.get("runs/a/name") == b"second"


def test_names_with_spaces_and_umlauts(store, tmp_path):
    store.put_file(write(tmp_path / "in"), "Bäume im Park/Foto 1+2 #3.jpg")
    assert store.list_names() == ["Bäume im Park/Foto 1+2 #3.jpg"]
    store.get_file("Bäume im Park/Foto 1+2 #3.jpg", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"content"


def test_bytes_come_back_as_they_were(store, s3):
    content = bytes(range(256)) * 8192  # more than one chunk of the response
    store.write_bytes("deep/name", content)
    assert s3.get("runs/a/deep/name") == content
    assert store.read_bytes("deep/name") == content
    store.write_bytes("deep/name", b"")
    assert store.read_bytes("deep/name") == b""


def test_bytes_of_a_missing_object_are_told_as_missing(store, s3):
    with pytest.raises(NotFoundError, match=f"s3://{s3.bucket}/runs/a/none.*no such object"):
        store.read_bytes("none")


def test_json_there_and_back(store, s3):
    put_json(store, "stages/sfm.json", {"registered": 24})
    assert json.loads(s3.get("runs/a/stages/sfm.json")) == {"registered": 24}
    assert get_json(store, "stages/sfm.json") == {"registered": 24}


def test_a_missing_object_leaves_no_file_and_is_told_as_missing(store, s3, tmp_path):
    with pytest.raises(NotFoundError, match=f"s3://{s3.bucket}/runs/a/none.*no such object"):
        store.get_file("none", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_bucket_is_told_as_missing(s3, tmp_path):
    store = open_storage("s3://no-such-bucket/runs")
    assert not store.exists("name")
    for action in (
        lambda: store.list_names(),
        lambda: store.put_file(write(tmp_path / "in"), "name"),
        lambda: store.get_file("name", tmp_path / "out"),
        lambda: store.write_bytes("name", b"content"),
        lambda: store.read_bytes("name"),
    ):
        with pytest.raises(NotFoundError, match=r"s3://no-such-bucket/runs.*no such bucket") as error:
            action()
        assert "make the bucket" in error.value.remedy


def test_an_impossible_bucket_name_is_the_users(s3):
    with pytest.raises(InputError, match="s3://No_Bucket/x"):
        open_storage("s3://No_Bucket/x").list_names()


def test_an_impossible_address_of_the_service(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:name@host:port/path?x")
    with pytest.raises(StorageError, match="the address of the object store") as error:
        open_storage(s3.uri)
    assert "AWS_ENDPOINT_URL" in error.value.remedy


def test_credentials_that_are_no_configuration(s3, monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("my key is 123\n")
    with pytest.raises(StorageError, match="no credentials for S3"):
        open_storage(s3.uri).list_names()


def test_a_wrong_access_key(store, s3, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(StorageError, match="access key is not known") as error:
        open_storage(s3.uri).list_names()
    assert "AWS_ACCESS_KEY_ID" in error.value.remedy


def test_a_wrong_secret_key(s3, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StorageError, match="secret key is wrong") as error:
        open_storage(s3.uri).put_file(write(tmp_path / "in"), "name")
    assert "AWS_SECRET_ACCESS_KEY" in error.value.remedy


def test_keys_that_may_only_read(s3, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.server.reader_access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.server.reader_secret_key)
    store = open_storage(s3.uri)
    with pytest.raises(StorageError, match="access is denied") as error:
        store.put_file(write(tmp_path / "in"), "name")
    assert "right to list, read and write" in error.value.remedy
    assert not isinstance(error.value, NotFoundError)
    assert s3.names() == []


def test_a_dead_endpoint_is_told_within_seconds(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(StorageError, match=r"http://127\.0\.0\.1:9: nothing answers there") as error:
        open_storage(s3.uri).list_names()
    assert time.monotonic() - started < 10
    assert "AWS_ENDPOINT_URL" in error.value.remedy
    assert error.value.exit_code == 5


def test_no_credentials_at_all(s3, monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(StorageError, match="no credentials for S3") as error:
        open_storage(s3.uri).list_names()
    assert "AWS_ACCESS_KEY_ID" in error.value.remedy


def test_credentials_from_the_file_of_the_aws_command_line(s3, monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    server = s3.server
    (tmp_path / ".aws" / "credentials").write_text(
        f"[default]\naws_access_key_id = {server.access_key}\naws_secret_access_key = {server.secret_key}\n"
    )
    s3.put("name", b"x")
    assert open_storage(s3.uri).list_names() == ["name"]


def test_the_endpoint_of_s3_alone_comes_first(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint)
    assert open_storage(s3.uri).list_names() == []


def test_an_upload_of_a_file_that_is_gone_stores_nothing(store, s3, tmp_path):
    with pytest.raises(StorageError, match="none"):
        store.put_file(tmp_path / "none", "name")
    assert s3.names() == []


def test_a_download_to_where_one_may_not_write(store, s3, tmp_path):
    s3.put("runs/a/name", b"x")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        store.get_file("name", tmp_path / "file" / "out")


def test_several_threads_share_a_store(store, tmp_path):
    def there_and_back(number):
        store.put_file(write(tmp_path / f"in{number}", bytes([number]) * 1000), f"{number}")
        store.get_file(f"{number}", tmp_path / f"out{number}")
        return (tmp_path / f"out{number}").read_bytes() == bytes([number]) * 1000

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(there_and_back, range(32)))
