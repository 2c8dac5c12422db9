"""All faults of submissions again with ``via: ovh_batches``, and those of the call that cancels a second OVH batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from faults import plans
from faults.every import Case, every
from faults.plans import Plan
from faults.single import BREAKS, RECONCILE_TIMES, Strike

VIA = "ovh_batches"
CREATE = {"method": "POST", "path": "/sms/*/batches"}
CANCEL = {"method": "POST", "path": "/sms/*/batches/*/cancel"}
#: Calls of jobs, and those in their place.
_PATHS = {"/sms/*/jobs": "/sms/*/batches", "/sms/*/jobs*": "/sms/*/batches*"}
#: Ways of giving receivers that have no faults here, and the reason.
NOT_TAKEN = {"document_url": "an OVH batch takes numbers or a receivers slot, no list at an address"}
#: Each OVH batch waits for as long as an answer may be reconciled: not longer than the latest listing that is found.
TIMES = (RECONCILE_TIMES[0], 12.0, RECONCILE_TIMES[2])
#: Seconds after which OVH lists an OVH batch whose task is to wait for it.
LATE = 2.0


def cancelling() -> Iterator[Case]:
    """A proxy repeats the request, and the call that cancels the second OVH batch breaks too."""
    twice = Strike(how="wire", task="send", name="send: repeated by a proxy", about={"kind": "repeat", **CREATE})
    for name, about in BREAKS.items():
        broken = Strike(how="wire", task="send", name=f"send, cancel: {name}", about={**about, **CANCEL})
        yield Case(strikes=(twice, broken))
    for kind, name in {"hold_before": "request written", "hold_after": "accepted"}.items():
        about = {"kind": kind, **CANCEL, "then": "go"}
        yield Case(strikes=(twice, Strike(how="held", task="send", name=f"send, cancel: killed, {name}", about=about)))


@cache
def cases(seed: int) -> list[Case]:
    """Every case that hits a submission, but for :data:`NOT_TAKEN`."""
    found = [case for case in every(seed) if any(each.task == "send" for each in case.strikes)]
    return [*cancelling(), *(case for case in found if case.way not in NOT_TAKEN)]


def count(seed: int) -> int:
    return len(cases(seed))


def plan(seed: int, number: int) -> Plan:
    """Make a plan: case N of seed S."""
    made = plans.alone(seed, number, cases(seed)[number])
    quiet_period, reconcile_timeout, read_timeout = made.reconcile_policy
    if reconcile_timeout == RECONCILE_TIMES[1]:
        reconcile_timeout = TIMES[1]
    policy = (quiet_period, reconcile_timeout, read_timeout)
    late = LATE if _resumes(made) else made.late
    return replace(made, via=VIA, strikes=tuple(map(_moved, made.strikes)), reconcile_policy=policy, late=late)


def _resumes(made: Plan) -> bool:
    """Whether a task is hit while it reconciles for a while: by name, what is listed is found at once."""
    is_lost = any(strike.about.get("kind") == "lost_answer" for strike in made.strikes)
    return is_lost and any(strike.during for strike in made.strikes)


def kinds(seed: int, numbers: Iterable[int]) -> set[str]:
    made = [plan(seed, number) for number in numbers]
    return {kind for each in made for strike in each.strikes for kind in each.kinds(strike)}


def _moved(strike: Strike) -> Strike:
    """Return a strike at the calls of OVH batches."""
    about: dict[str, Any] = dict(strike.about)
    about["path"] = _PATHS.get(about.get("path", ""), about.get("path"))
    return replace(strike, about={name: value for name, value in about.items() if value is not None})
