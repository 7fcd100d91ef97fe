"""The one place that waits, so that tests need not."""

from __future__ import annotations

import time


def pause(seconds: float) -> None:
    time.sleep(seconds)
