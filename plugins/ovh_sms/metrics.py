"""The metrics of the package: one table of names, units and tags, and the port through which rooms record them.

The core knows no Airflow. :mod:`ovh_sms.hooks.metrics` gives the port Airflow's own metrics; without it nothing is
recorded. Recording never fails: no message waits for a metric.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

log = logging.getLogger(__name__)

#: Value of a tag that a record has nothing for, as the campaign of a single message.
NONE = "none"


class Kind(StrEnum):
    """The kind of a metric, as StatsD and OpenTelemetry have it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    TIMER = "timer"


class Recorder(Protocol):
    """Takes what is recorded: Airflow's metrics, or those of a test."""

    def record(self, metric: Metric, value: float, tags: Mapping[str, str]) -> None:
        """Take one value.

        :param value: what a counter grows by, the value of a gauge, or the seconds of a timer.
        """


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric.

    :param name: below Airflow's own prefix.
    :param unit: of its values; of a timer always seconds.
    :param tags: names of its tags. None of them ever holds a number or a text, and each has few values.
    :param meaning: one sentence for the documentation.
    :param certainty: of a counter: how a killed process changes it; empty for the others.
    """

    name: str
    kind: Kind
    unit: str
    tags: tuple[str, ...]
    meaning: str
    certainty: str = ""

    def record(self, value: float = 1, **tags: str) -> None:
        """Record a value; a counter that grows by nothing is left alone.

        :param value: what a counter grows by, the value of a gauge, or the seconds of a timer.
        :param tags: a value for each of :attr:`tags`.
        """
        if _recorder is None or (self.kind is Kind.COUNTER and value <= 0):
            return
        if tags.keys() != set(self.tags):
            log.warning("not recorded metric=%s: its tags are %s, not %s", self.name, self.tags, tuple(tags))
            return
        try:
            _recorder.record(self, value, {name: tags[name] or NONE for name in self.tags})
        except Exception as error:  # a metric is never worth a message
            log.debug("not recorded metric=%s: %s", self.name, type(error).__name__)


#: A port: only :mod:`ovh_sms.hooks.metrics` fills it.
_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    """Have all metrics of this process recorded from now on; ``None``: none of them.

    :param recorder: takes each value.
    """
    global _recorder
    _recorder = recorder


#: The journal's transaction decides: a process that is killed right after it leaves the value out.
_ONCE = "never twice; left out if the process is killed right after its commit"
#: Each request is one, also a repeated read.
_EACH = "each request"

MESSAGES_SUBMITTED = Metric(
    name="ovh_sms.messages.submitted",
    kind=Kind.COUNTER,
    unit="messages",
    tags=("account", "campaign", "kind"),
    meaning="Messages that OVH accepted, counted once the journal says that the write succeeded",
    certainty=_ONCE,
)
MESSAGES_REFUSED = Metric(
    name="ovh_sms.messages.refused",
    kind=Kind.COUNTER,
    unit="receivers",
    tags=("account", "campaign", "kind"),
    meaning="Receivers that OVH refused in a request that succeeded",
    certainty=_ONCE,
)
MESSAGES_ENDED = Metric(
    name="ovh_sms.messages.ended",
    kind=Kind.COUNTER,
    unit="messages",
    tags=("account", "campaign", "status"),
    meaning="Messages of campaigns whose delivery status is final, by `delivered`, `failed` and `expired`, counted "
    "when their report collects them",
    certainty=_ONCE,
)
CREDITS_SPENT = Metric(
    name="ovh_sms.credits.spent",
    kind=Kind.COUNTER,
    unit="credits",
    tags=("account", "campaign", "kind"),
    meaning="Credits that OVH took for messages; a write whose credits nobody knows adds none",
    certainty=_ONCE,
)
CREDITS_ORDERED = Metric(
    name="ovh_sms.credits.ordered",
    kind=Kind.COUNTER,
    unit="credits",
    tags=("account",),
    meaning="Credits of orders that were made, paid or not",
    certainty=_ONCE,
)
CREDITS_LEFT = Metric(
    name="ovh_sms.credits.left",
    kind=Kind.GAUGE,
    unit="credits",
    tags=("account",),
    meaning="Credits of the account, as a check, a wait or a transfer has just read them",
)
WRITES = Metric(
    name="ovh_sms.writes",
    kind=Kind.COUNTER,
    unit="attempts",
    tags=("account", "kind", "state"),
    meaning="Attempts of the journal that became `succeeded`, `not_executed`, `refused` or `unknown`",
    certainty=_ONCE,
)
RECONCILIATIONS = Metric(
    name="ovh_sms.reconciliations",
    kind=Kind.COUNTER,
    unit="attempts",
    tags=("account", "kind", "result"),
    meaning="Attempts without an answer that were decided: `found` or `absent` by OVH's lists, `unknown` if a person "
    "is asked, `resolved` once they have said it",
    certainty=_ONCE,
)
RECONCILE_TIME = Metric(
    name="ovh_sms.reconcile_time",
    kind=Kind.TIMER,
    unit="seconds",
    tags=("account", "kind"),
    meaning="Time between the first and the last observation of an attempt that was decided",
)
API_CALLS = Metric(
    name="ovh_sms.api.calls",
    kind=Kind.COUNTER,
    unit="requests",
    tags=("account", "method", "status"),
    meaning="Requests to OVH's API, by `2xx`, `3xx`, `4xx`, `429`, `5xx`, and `none` if no answer came",
    certainty=_EACH,
)
API_CALL_TIME = Metric(
    name="ovh_sms.api.call_time",
    kind=Kind.TIMER,
    unit="seconds",
    tags=("method",),
    meaning="Time from a request to OVH's answer, or to the error",
)
TURN_WAIT = Metric(
    name="ovh_sms.turn_wait",
    kind=Kind.TIMER,
    unit="seconds",
    tags=(),
    meaning="Time that a call waited for its turn among all calls of the key, and for the end of a pause after a 429",
)
RETRY_WAIT = Metric(
    name="ovh_sms.api.retry_wait",
    kind=Kind.TIMER,
    unit="seconds",
    tags=("reason",),
    meaning="Time before a read is repeated, by `rate_limited` (429) and `unavailable`; the turn comes after it",
)
CALLBACKS = Metric(
    name="ovh_sms.callbacks",
    kind=Kind.COUNTER,
    unit="callbacks",
    tags=("account", "kind"),
    meaning="Callbacks that the DAG `sms_callbacks` has worked off, by `receipt`, `reply` and `stop`",
    certainty=_ONCE,
)
CALLBACKS_LEFT = Metric(
    name="ovh_sms.callbacks.left",
    kind=Kind.GAUGE,
    unit="callbacks",
    tags=("account",),
    meaning="Callbacks that stay in the queue after it was worked off, as OVH does not list yet what they are about",
)

#: The table. The documentation, the dashboard and the mapping of names are tested against it.
METRICS = (
    MESSAGES_SUBMITTED,
    MESSAGES_REFUSED,
    MESSAGES_ENDED,
    CREDITS_SPENT,
    CREDITS_ORDERED,
    CREDITS_LEFT,
    WRITES,
    RECONCILIATIONS,
    RECONCILE_TIME,
    API_CALLS,
    API_CALL_TIME,
    TURN_WAIT,
    RETRY_WAIT,
    CALLBACKS,
    CALLBACKS_LEFT,
)
