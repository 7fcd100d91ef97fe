"""A server's clock beside this machine's: signatures and leases depend on both."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipelines.client.doctor.check_kubeflow import check_clock


@pytest.mark.parametrize(("seconds", "verdict"), [(5, "ok"), (-120, "warn"), (1000, "fail")])
def test_clocks(seconds, verdict):
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    found = check_clock("clock", format_datetime(now - timedelta(seconds=seconds)), "Kubeflow", now)
    assert found.verdict == verdict
    assert f"{abs(seconds)} s" in found.text


def test_a_server_without_a_clock():
    assert check_clock("clock", "", "Kubeflow").verdict == "unseen"
