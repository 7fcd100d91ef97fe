import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.shared.errors import InputError
from components.shared.storage import S3Address, contains, is_s3, join, local_path, name_of, normalize

PARTS = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=12).filter(
    lambda part: part not in (".", "..") and not part.isspace()
)
KEYS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
prove = settings(max_examples=200, derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket/castle", "bucket", "castle/"),
        ("s3://bucket/castle/", "bucket", "castle/"),
        ("s3://bucket/inbox/#2/", "bucket", "inbox/#2/"),
        ("s3://bucket/what?/a=1&b", "bucket", "what?/a=1&b/"),
        ("s3://bucket/per%20cent%2F/+", "bucket", "per%20cent%2F/+/"),
        ("s3://bucket/a//b", "bucket", "a//b/"),
        ("s3://bucket//keys/", "bucket", "/keys/"),
        ("s3://bucket//", "bucket", "/"),
        ("s3://bucket/castle//", "bucket", "castle//"),
        ("s3://bu.ck-et/{{x}}/$HOME 'x' \"y\"", "bu.ck-et", "{{x}}/$HOME 'x' \"y\"/"),
    ],
)
def test_an_address_is_a_bucket_and_a_prefix_of_bytes(text, bucket, prefix):
    address = S3Address.parse(text)
    assert (address.bucket, address.prefix) == (bucket, prefix)
    assert S3Address.parse(str(address)) == address


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("S3://bucket/x", "is no S3 address", "s3://bucket/x"),
        ("s3:/bucket/x", "is no S3 address", "s3://bucket/x"),
        ("s3:bucket/x", "is no S3 address", "s3://bucket/x"),
        ("s3://", "names no bucket", "s3://bucket/prefix"),
        ("s3:///x", "names no bucket", "s3://bucket/prefix"),
        ("s3://Bucket/x", "has capital letters", "s3://bucket/x"),
        ("s3://bücket/x", "can be no bucket's name", "small letters"),
        ("s3://-bucket/x", "can be no bucket's name", "small letters"),
        ("s3://bucket?x/y", "can be no bucket's name", "small letters"),
        ("s3://bucket#x", "can be no bucket's name", "small letters"),
        ("s3://me:secret@host/x", "holds a user, keys or a port", "AWS_ENDPOINT_URL"),
        ("s3://me:sec/ret@host/x", "holds a user, keys or a port", "AWS_SECRET_ACCESS_KEY"),
        ("s3://bucket/a/../b", "a part called . or ..", "without it"),
        ("s3://bucket/./b", "a part called . or ..", "without it"),
        ("s3://bucket/" + "ä" * 513, "has 1026 bytes; S3 allows 1024", "shorter"),
        ("s3://bucket/ ", "spaces alone", "another name"),
        ("s3://bucket/a\0b", "zero byte", "another name"),
        ("s3://bucket/\udcff", "not written in Unicode", "Rename"),
    ],
)
def test_what_is_no_address_is_refused_with_what_may_be_meant(text, message, remedy):
    assert is_s3(text)
    with pytest.raises(InputError, match=message) as error:
        S3Address.parse(text)
    assert remedy in error.value.remedy
    assert "sec" not in error.value.message
    assert error.value.message.isprintable() or "\0" not in error.value.message


@pytest.mark.parametrize("text", ["s3", "./s3:/bucket", "/s3://bucket", "photos/s3:", "file:///s3://x"])
def test_paths_of_this_machine_are_no_s3_addresses(text):
    assert not is_s3(text)


@prove
@given(KEYS, PARTS)
def test_joining_and_taking_apart_are_inverse(key, name):
    folder = S3Address.parse(f"s3://bucket/{key}")
    joined = S3Address.parse(folder.join(name))
    assert joined.prefix == f"{key}/{name}/"
    assert (joined.parent, joined.name) == (folder, name)
    assert folder.key(name) == f"{key}/{name}"
    assert join(f"s3://bucket/{key}/", f"{name}/") == f"s3://bucket/{key}/{name}/"


@prove
@given(KEYS, KEYS)
def test_a_prefix_contains_what_is_below_it_and_no_neighbor(one, other):
    below = one == other or other.startswith(f"{one}/")
    assert contains(f"s3://bucket/{one}", f"s3://bucket/{other}") == below
    assert contains("s3://bucket", f"s3://bucket/{one}")
    assert not contains("s3://other", f"s3://bucket/{one}")


@pytest.mark.parametrize(
    ("text", "parent", "name"),
    [
        ("s3://bucket/a/b c#", "s3://bucket/a", "b c#"),
        ("s3://bucket/a", "s3://bucket", "a"),
        ("s3://bucket", "s3://bucket", "bucket"),
        ("s3://bucket//a", "s3://bucket//", "a"),
    ],
)
def test_parents_and_names(text, parent, name):
    address = S3Address.parse(text)
    assert (str(address.parent), address.name) == (parent, name)


@pytest.mark.parametrize(
    "text", ["s3://bucket//a", "s3://bucket/a//b", "s3://bucket/a//", "s3://bucket/a\\b"]
)
def test_results_go_nowhere_that_a_store_may_take_for_another_place(text):
    with pytest.raises(InputError, match="could replace others"):
        S3Address.parse(text).check_target()


def test_a_joined_key_must_fit_too():
    folder = f"s3://bucket/{'a' * 1000}"
    assert len(S3Address.parse(folder).key("b" * 23)) == 1024
    with pytest.raises(InputError, match="1025 bytes"):
        join(folder, "b" * 24)
    with pytest.raises(InputError, match=r"a part called \. or \.\."):
        join("s3://bucket/a", "../b")


def test_addresses_of_this_machine(tmp_path):
    assert normalize("/a/b/") == "/a/b"
    assert normalize("/") == "/"
    assert join("/", "a") == "/a"
    assert join("/a/", "b/") == "/a/b/"
    assert name_of("/a/b #1/") == "b #1"
    assert contains("/a/", "/a/b")
    assert not contains("/a", "/a b")
    assert local_path(f"file://{tmp_path}/a#b%20") == tmp_path / "a#b%20"


@pytest.mark.parametrize("text", ["gs://bucket/x", "https://host/photos.zip", "minio://bucket", "azure://x"])
def test_addresses_of_other_services_are_no_folders(text):
    with pytest.raises(InputError, match="cannot be read or written") as error:
        local_path(text)
    assert "AWS_ENDPOINT_URL" in error.value.remedy
