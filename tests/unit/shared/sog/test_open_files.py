import io
import zipfile

import pytest

from components.shared.errors import InputError
from components.shared.sog.archive import write_archive
from components.shared.sog.open_files import open_files

FILES = {"meta.json": b"{}", "sh0.webp": b"colors"}


@pytest.fixture
def sog(tmp_path):
    write_archive(FILES, tmp_path / "scene.sog")
    return tmp_path / "scene.sog"


def test_archive_folder_and_meta_json_give_the_same_files(sog, tmp_path):
    with zipfile.ZipFile(sog) as archive:
        archive.extractall(tmp_path / "folder")
    for path in (sog, tmp_path / "folder", tmp_path / "folder" / "meta.json"):
        with open_files(path) as files:
            assert files.read("sh0.webp") == b"colors"


def test_a_missing_archive_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"none.sog does not exist"), open_files(tmp_path / "none.sog"):
        pass


def test_a_file_that_is_no_zip_is_an_error(tmp_path):
    (tmp_path / "scene.sog").write_bytes(b"ply\nformat ascii 1.0\n")
    with pytest.raises(InputError, match=r"it is no zip, or incomplete"), open_files(tmp_path / "scene.sog"):
        pass


def test_a_missing_member_is_an_error(sog):
    with open_files(sog) as files, pytest.raises(InputError, match=r"quats.webp is missing"):
        files.read("quats.webp")


def test_a_member_that_is_too_large_is_an_error(sog):
    with open_files(sog) as files, pytest.raises(InputError, match="6 bytes; at most 5 are expected"):
        files.read("sh0.webp", max_bytes=5)


def test_a_damaged_member_is_an_error(sog):
    sog.write_bytes(sog.read_bytes().replace(b"colors", b"c0l0rs"))
    with (
        open_files(sog) as files,
        pytest.raises(InputError, match=r"sh0.webp cannot be unpacked: Bad CRC-32"),
    ):
        files.read("sh0.webp")


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "..", "", "a/../../b", "..\\a", "C:\\a", "a" * 256, "a\0b"]
)
def test_names_outside_the_folder_are_an_error(tmp_path, name):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "folder").mkdir()
    with open_files(tmp_path / "folder") as files, pytest.raises(InputError, match="is named as a texture"):
        files.read(name)
    write_archive(FILES, tmp_path / "scene.sog")
    with (
        open_files(tmp_path / "scene.sog") as files,
        pytest.raises(InputError, match=r"is named as a texture|miss"),
    ):
        files.read(name)


def packed(path, names, *, compression=zipfile.ZIP_STORED):
    """A zip with `names` as they are; a texture contains its own name."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.filename = name  # with Windows' separators
            archive.writestr(entry, name.encode(), compression)
    return path


@pytest.mark.parametrize(
    "names",
    [
        ["meta.json", "sh0.webp"],
        ["./meta.json", "./sh0.webp"],
        ["scene/", "scene/meta.json", "scene/sh0.webp"],
        ["scene\\meta.json", "scene\\sh0.webp"],
        ["a b/ü/meta.json", "a b/ü/sh0.webp"],
        ["__MACOSX/s/._meta.json", "__MACOSX/s/meta.json", "s/meta.json", "s/._sh0.webp", "s/sh0.webp"],
        ["sh0.webp", "README.txt", "backup/meta.json", "backup/sh0.webp", "meta.json"],
        ["../meta.json", "meta.json", "sh0.webp"],
    ],
)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_zip_may_be_packed_in_any_way(tmp_path, names, compression):
    path = packed(tmp_path / "scene.sog", names, compression=compression)
    with open_files(path) as files:
        assert files.index == "meta.json"
        expected = names[names.index("sh0.webp")] if "sh0.webp" in names else names[-1]
        assert files.read("sh0.webp") == files.read("./sh0.webp") == expected.encode()


@pytest.mark.parametrize(
    ("names", "message", "remedy"),
    [
        (
            ["a/1.jpg", "a/2.jpg", "a/notes.txt"],
            r"zip without meta.json; it holds 2 .jpg, 1 .txt",
            "kubesplat run",
        ),
        (["x/scene.ply"], r"it holds 1 .ply", "give x/scene.ply"),
        (["model/data.pkl", "model/data/0"], "a PyTorch file", "by the program that trained it"),
        ([], "it holds nothing", "Give the 3D"),
        (["a/meta.json", "b/meta.json"], r"2 scenes: a/meta.json, b/meta.json", "folder of one scene"),
    ],
)
def test_another_zip_is_named_for_what_it_holds(tmp_path, names, message, remedy):
    path = packed(tmp_path / "scene.sog", names)
    with pytest.raises(InputError, match=message) as caught, open_files(path):
        pass
    assert remedy in caught.value.remedy


def test_an_encrypted_member_is_an_error(sog):
    data = bytearray(sog.read_bytes())
    for start in (b"PK\3\4", b"PK\1\2"):
        at = data.index(start)
        data[at + (6 if start == b"PK\3\4" else 8)] |= 1
    sog.write_bytes(data)
    with (
        open_files(sog) as files,
        pytest.raises(InputError, match=r"meta.json cannot be unpacked: .*encrypted"),
    ):
        files.read("meta.json")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.json", b"{}")
        archive.writestr("sh0.webp", bytes(50_000_000))
    (tmp_path / "scene.sog").write_bytes(file.getvalue())
    with (
        open_files(tmp_path / "scene.sog") as files,
        pytest.raises(InputError, match="50,000,000 bytes; at most"),
    ):
        files.read("sh0.webp", max_bytes=10_000)


def test_a_list_of_files_that_points_before_the_start_is_an_error(sog):
    data = bytearray(sog.read_bytes())
    at = data.rindex(b"PK\5\6") + 16
    data[at : at + 4] = (int.from_bytes(data[at : at + 4], "little") + 10).to_bytes(4, "little")
    sog.write_bytes(data)
    with pytest.raises(InputError, match=r"it is no zip|cannot be unpacked"), open_files(sog) as files:
        files.read("meta.json")


def test_members_without_a_name_are_left_out(tmp_path):
    path = packed(tmp_path / "scene.sog", ["x", "meta.json"])
    data = path.read_bytes()
    central = data.index(b"PK\1\2")
    # The name's length becomes 0, and the name a part of the extra field.
    damaged = bytearray(data)
    damaged[central + 28 : central + 32] = (0).to_bytes(2, "little") + (0).to_bytes(2, "little")
    damaged[central + 32 : central + 34] = (1).to_bytes(2, "little")  # of the comment
    path.write_bytes(damaged)
    with open_files(path) as files:
        assert files.read("meta.json") == b"meta.json"
