import pytest

from components.shared.describe_changes import describe_changes


@pytest.mark.parametrize(
    ("changes", "accepted", "sentences"),
    [
        ({}, 5, []),
        (
            {"HEIF to JPEG": 252, "Display P3 to sRGB": 252, "16 bits to 8": 3, "CMYK to sRGB": 1},
            252,
            [
                "All 252 photos were converted: HEIF to JPEG, Display P3 to sRGB.",
                "3 photos were converted: 16 bits to 8.",
                "1 photo was converted: CMYK to sRGB.",
            ],
        ),
        ({"HEIF to JPEG": 1}, 1, ["1 photo was converted: HEIF to JPEG."]),
    ],
)
def test_changes_in_sentences(changes, accepted, sentences):
    assert describe_changes(changes, accepted) == sentences
