import pytest

from pipelines.client.cron import format_interval, read_interval, six_fields


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("0 3 * * *", "0 0 3 * * *"),
        ("*/15 * * * *", "0 */15 * * * *"),
        ("30 0 9 ? * MON-FRI", "30 0 9 ? * MON-FRI"),
        (" 5,35  8-18/2 1 jan,Jul * ", "0 5,35 8-18/2 1 jan,Jul *"),
        ("0 3 * * mon-5", "0 0 3 * * mon-5"),
        ("7-7 3/6 ?/2 * *", "0 7-7 3/6 ?/2 * *"),
    ],
)
def test_cron_gets_six_fields(given, sent):
    assert six_fields(given) == sent


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "with 0 fields"),
        ("* * * * * * *", "with 7 fields"),
        ("60 * * * *", "minute in cron is '60'; it must be \\* or 0 to 59"),
        ("0 24 * * *", "hour in cron is '24'"),
        ("0 3 0 * *", "day of the month in cron is '0'; it must be \\* or 1 to 31"),
        ("0 3 * * 7", "day of the week in cron is '7'; it must be \\* or 0 to 6"),
        ("*/0 * * * *", "minute in cron is"),
        ("@daily * * * *", "minute in cron is '@daily'"),
        ("0 3 * * 1-", "day of the week"),
        ("0 5-3 * * *", "hour in cron is '5-3'; it must be \\* or 0 to 23"),
        ("0 3 * * FRI-MON", "day of the week in cron is 'FRI-MON'"),
        ("0 3 * * 1-FRI-2", "day of the week"),
        ("jan * * * *", "minute in cron is 'jan'"),
        ("0 3 * MON *", "month in cron is 'MON'"),
        ("0 3 L * *", "day of the month in cron is 'L'"),
        ("0 3 * * 1#2", "day of the week in cron is '1#2'"),
        ("0,,5 * * * *", "minute in cron is '0,,5'"),
        ("\u0663 * * * *", "minute in cron is"),
    ],
)
def test_an_invalid_cron_expression_is_refused_with_the_limits(given, words):
    with pytest.raises(ValueError, match=words):
        six_fields(given)


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("15m", 900), ("2h", 7200), ("1d", 86_400)])
def test_intervals(text, seconds):
    assert read_interval(text) == seconds


@pytest.mark.parametrize("text", ["90s", "15m", "90m", "2h", "1d"])
def test_an_interval_is_formatted_as_it_was_given(text):
    assert format_interval(read_interval(text)) == text


@pytest.mark.parametrize("text", ["", "15", "59s", "1.5h", "-1h", "1w"])
def test_an_invalid_interval_is_refused(text):
    with pytest.raises(ValueError, match="it must be a minute or more"):
        read_interval(text)
