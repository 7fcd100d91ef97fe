import pytest

from pipelines.client.cron import interval_in_words, read_interval, six_fields


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("0 3 * * *", "0 0 3 * * *"),
        ("*/15 * * * *", "0 */15 * * * *"),
        ("30 0 9 ? * MON-FRI", "30 0 9 ? * MON-FRI"),
        (" 5,35  8-18/2 1 jan,Jul * ", "0 5,35 8-18/2 1 jan,Jul *"),
    ],
)
def test_cron_gets_six_fields(given, sent):
    assert six_fields(given) == sent


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "with 0 fields"),
        ("* * * * * * *", "with 7 fields"),
        ("60 * * * *", "minute in cron is '60'; allowed is \\* or 0 to 59"),
        ("0 24 * * *", "hour in cron is '24'"),
        ("0 3 0 * *", "day of the month in cron is '0'; allowed is \\* or 1 to 31"),
        ("0 3 * * 7", "day of the week in cron is '7'; allowed is \\* or 0 to 6"),
        ("*/0 * * * *", "minute in cron is"),
        ("@daily * * * *", "minute in cron is '@daily'"),
        ("0 3 * * 1-", "day of the week"),
    ],
)
def test_what_is_no_cron_is_refused_with_what_is_allowed(given, words):
    with pytest.raises(ValueError, match=words):
        six_fields(given)


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("15m", 900), ("2h", 7200), ("1d", 86_400)])
def test_intervals(text, seconds):
    assert read_interval(text) == seconds


@pytest.mark.parametrize("text", ["90s", "15m", "90m", "2h", "1d"])
def test_intervals_are_said_as_they_were_given(text):
    assert interval_in_words(read_interval(text)) == text


@pytest.mark.parametrize("text", ["", "15", "59s", "1.5h", "-1h", "1w"])
def test_what_is_no_interval(text):
    with pytest.raises(ValueError, match="allowed is a minute or more"):
        read_interval(text)
