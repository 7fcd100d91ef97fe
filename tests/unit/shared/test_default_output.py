import pytest

from components.shared.default_output import choose_output
from components.shared.errors import InputError


@pytest.mark.parametrize(
    ("capture", "output"),
    [
        ("s3://bucket/inbox/castle/", "s3://bucket/inbox/castle-scene"),
        ("s3://bucket/castle.ZIP", "s3://bucket/castle-scene"),
        ("s3://bucket/castle.tar.gz", "s3://bucket/castle-scene"),
        ("/photos/castle", "/photos/castle-scene"),
        ("/photos/v1.5", "/photos/v1.5-scene"),
    ],
)
def test_results_go_next_to_the_capture(capture, output):
    assert choose_output("", capture) == output


def test_what_is_given_is_taken():
    assert choose_output("s3://results/a/", "s3://bucket/castle/") == "s3://results/a/"


@pytest.mark.parametrize("capture", ["s3://bucket", "s3://bucket/", "/", ""])
def test_next_to_everything_is_nowhere(capture):
    with pytest.raises(InputError, match="no output is given"):
        choose_output("", capture)
