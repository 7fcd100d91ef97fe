import numpy as np
import pytest

from components.shared.errors import InputError
from components.shared.sog.meta import Meta, read_index
from tests.unit.shared.sog.sog_scenes import Files


def test_values_of_the_right_type_are_returned():
    meta = Meta({"count": 7, "means": {"mins": [1, 2.5, -3], "files": ["a"]}})
    assert meta.count() == 7
    np.testing.assert_array_equal(meta.section("means").numbers("mins", 3), [1, 2.5, -3])
    assert meta.section("means").files(1) == ["a"]
    assert "means" in meta
    assert "shN" not in meta
    assert meta.text("model") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is no JSON"),
        (b"[1]", "is no JSON object"),
        (b"\xff", "is no JSON"),
        (b"9" * 10_000, "is no JSON"),
        (b"[" * 10**5, "is no JSON"),
    ],
)
def test_what_is_no_json_object_is_an_error(content, message):
    with pytest.raises(InputError, match=f"meta.json {message}"):
        read_index(Files({"meta.json": content}), 10**6)


@pytest.mark.parametrize("count", [None, 0, -1, True, 2.5, "many", [7], 10**400, float("nan"), 16383**2 + 1])
def test_a_count_that_is_no_number_of_gaussians_is_an_error(count):
    with pytest.raises(InputError, match=r"count in meta.json is .* a whole number from 1 to 268,402,689"):
        Meta({"count": count}).count()


@pytest.mark.parametrize(
    "mins", [None, [1, 2], [1, 2, 3, 4], [1, 2, "3"], [1, 2, float("nan")], [1, 2, True]]
)
def test_numbers_that_are_not_finite_or_too_few_are_an_error(mins):
    with pytest.raises(InputError, match=r"means.mins in meta.json is .* 3 finite numbers"):
        Meta({"means": {"mins": mins}}).section("means").numbers("mins", 3)


@pytest.mark.parametrize("count", [7, 7.0, "7"])
def test_whole_numbers_may_be_written_as_floats_or_text(count):
    assert Meta({"count": count}).count() == 7


@pytest.mark.parametrize(
    "content",
    [b'\xef\xbb\xbf{"count": 7}', '{"author": "Müller", "count": 7}'.encode("latin-1"), b'\n {"count": 7}\n'],
)
def test_the_encoding_of_names_does_not_matter(content):
    assert read_index(Files({"meta.json": content}), 10**6)["count"] == 7


def test_one_number_needs_no_brackets():
    np.testing.assert_array_equal(Meta({"mins": 2}).numbers("mins", 1), [2.0])


def test_a_codebook_has_256_numbers():
    np.testing.assert_array_equal(Meta({"codebook": list(range(256))}).codebook(), np.arange(256.0))
    with pytest.raises(InputError, match="256 finite numbers"):
        Meta({"codebook": list(range(255))}).codebook()


def test_a_codebook_of_nulls_is_an_error():
    for codebook in ([None] * 256, [None, None, *range(254)], [*range(255), None]):
        with pytest.raises(InputError, match=r"codebook in meta.json is \[.*; it must be 256 finite numbers"):
            Meta({"codebook": codebook}).codebook()


def test_a_first_entry_of_null_is_extrapolated():
    codebook = Meta({"codebook": [None, *range(255)]}).codebook()
    assert codebook[0] == pytest.approx(0 + (0 - 254) / 255)
    np.testing.assert_array_equal(codebook[1:], np.arange(255.0))


@pytest.mark.parametrize("shape", [None, [], ["three"], [0]])
def test_version_1_needs_a_shape(shape):
    with pytest.raises(InputError, match=r"shape\[0\]"):
        Meta({"shape": shape}).shape_count()


def test_the_shape_of_version_1_begins_with_the_count():
    assert Meta({"shape": [12, 3]}).shape_count() == 12


@pytest.mark.parametrize("files", [None, ["a"], ["a", 3], "ab"])
def test_file_names_are_counted_and_text(files):
    with pytest.raises(InputError, match=r"means.files in meta.json is .* 2 file names"):
        Meta({"means": {"files": files}}).section("means").files(2)


def test_long_values_are_cut_in_messages():
    with pytest.raises(InputError) as error:
        Meta({"mins": list(range(1000))}).numbers("mins", 3)
    assert len(error.value.message) < 160
