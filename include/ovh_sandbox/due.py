"""The events that simulated time has brought; they happen before a call reads the world."""

from .sandbox import Box
from .world import payments, replies


def catch_up(box: Box) -> None:
    """Give orders their new status, and let replies arrive."""
    for events in (payments, replies):
        if events.is_behind(box):
            events.catch_up(box)
