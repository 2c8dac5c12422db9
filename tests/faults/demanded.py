"""The faults that the proof must contain, listed apart from the plans: a test compares the two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

_ONCE = ("send", "order", "pay", "transfer")
_UPLOADS = tuple(f"upload_receivers ({what})" for what in ("document", "expiry", "slot"))
_KILLED_AT_REQUEST = ("request written", "request executed later", "request lost", "accepted")
_KILLED_AROUND = (
    "before the claim",
    "right after the claim",
    "claimed",
    "before the answer is recorded",
    "answer recorded",
    "done and not reported",
)
_BROKEN = (
    *["answer lost", "reset before", "reset after", "429", "429 with a time", "500", "503"],
    *["502 HTML", "timeout", "slow", "trickle", "half a body", "wrong JSON"],
    *["403 of a proxy", "404 of a proxy, JSON"],
)


def demanded() -> Iterator[str]:
    """Every kind of fault that must be planned, each by itself."""
    yield from _killed()
    for request, name in product((*_ONCE, *_UPLOADS, "free_receivers"), _BROKEN):
        yield f"{request}: {name}"
    yield from _around_ovh()
    yield from _other_receivers()
    yield from _results_in_postgresql()
    yield from _room_for_a_list()
    yield from _listed_after_quiet_period()
    yield from _around_the_tasks()
    yield from _dispatched_twice()
    yield from _deferred()
    yield from _two_texts()
    yield from ("send: repeated by a proxy", "send: repeated by a proxy, answer lost")
    yield from ("send: many answers lost", "send: many requests lost", "send: listed while resuming")


def _killed() -> Iterator[str]:
    for task, name in product(_ONCE, _KILLED_AROUND):
        yield f"{task}: killed, {name}"
    for request, name in product((*_ONCE, *_UPLOADS, "free_receivers"), _KILLED_AT_REQUEST):
        yield f"{request}: killed, {name}"
    for name in ("before the list is published", "list published", "done and not reported"):
        yield f"prepare: killed, {name}"
    for name in ("before the first write", "answer read", "done and not reported"):
        yield f"upload_receivers: killed, {name}"
    for name in ("killed, request written", "killed, accepted", "answer lost", "reset before", "503", "half a body"):
        yield f"upload_receivers (bytes): {name}"


def _around_ovh() -> Iterator[str]:
    for task, way in product((*_ONCE, "upload_receivers"), ("ahead", "behind")):
        for more in ("", ", answer lost", ", killed"):
            yield f"{task}: clock 10 minutes {way}{more}"
    for kept, answer in product(("outgoing", "pending"), ("lost", "sent")):
        yield f"send: listed 20 s late, {kept}, answer {answer}"
    for kept in ("outgoing", "pending"):
        yield f"send: listed 20 s late, {kept}, reconciled too briefly"
    yield from ("send: accepted in part", "send: nothing of it accepted")
    yield from ("pay: shown late, answer lost", "transfer: shown late, answer lost")
    for task in (*_ONCE, "upload_receivers"):
        yield f"{task}: run twice"
        yield f"{task}: sandbox killed, request written"
        yield f"{task}: sandbox killed, accepted"
    for task in _ONCE:
        yield f"{task}: frozen, claimed"


def _other_receivers() -> Iterator[str]:
    for way, name in product(("numbers", "document_url", "csv_url"), ("accepted in part", "run twice")):
        yield f"{way}: send: {name}"
        yield f"{way}: send: listed 20 s late, outgoing, reconciled too briefly"
    for way, name in product(("numbers", "document_url"), _BROKEN):
        yield f"{way}: send: {name}"
    for way, name in product(("numbers", "document_url"), _KILLED_AT_REQUEST):
        yield f"{way}: send: killed, {name}"
    for name in (*(f"killed, {each}" for each in _KILLED_AT_REQUEST), *_BROKEN):
        yield f"csv_url: upload_receivers (slot): {name}"


def _results_in_postgresql() -> Iterator[str]:
    for task, name in product(_ONCE, ("before the claim", "right after the claim", "claimed", "claiming", "accepted")):
        yield f"postgresql: {task}: killed, {name}"
    for task in _ONCE:
        yield f"postgresql: {task}: run twice"
        yield f"postgresql: {task}: frozen, claimed"
    for task, place in product(_ONCE, ("claiming", "claimed", "accepted")):
        yield f"{task}: connection ended by PostgreSQL, {place}"
    for task, place in product(_ONCE, ("claimed", "accepted")):
        yield f"{task}: PostgreSQL restarted, {place}"
        yield f"{task}: PostgreSQL takes no connections, {place}"


def _room_for_a_list() -> Iterator[str]:
    yield "upload_receivers: killed, waiting"
    yield "upload_receivers: killed, before the first write, room at last"
    for name in ("answer lost", "503", "502 HTML", "half a body"):
        yield f"upload_receivers, waiting: {name}"
    for name in _KILLED_AT_REQUEST:
        yield f"upload_receivers (slot): killed, {name}, room at last"


def _listed_after_quiet_period() -> Iterator[str]:
    for way in ("", "numbers: "):
        for name in ("4 s", "9 s", "others too", "others lost", "credits topped up"):
            yield f"{way}send: listed after quiet_period, {name}"
        yield f"{way}send: resolved too early"


def _around_the_tasks() -> Iterator[str]:
    for name in ("", ", answer lost", ", killed"):
        for deed in ("run cancelled", "files lost", "list replaced", "list prepared again"):
            yield f"send: {deed}{name}"
    yield "send: run cancelled, listed late"
    yield "send: run cancelled, frozen"


def _dispatched_twice() -> Iterator[str]:
    for task in ("prepare", "split_into_batches", "free_receivers", "collect", "report", "cancel"):
        yield f"{task}: run twice"
    for task, place in product(_ONCE, ("request written", "accepted")):
        yield f"{task}: second dispatch, {place}"
    for task, way in product(_ONCE, ("ahead", "behind")):
        yield f"{task}: worker's clock 10 minutes {way}"
        for name in ("run twice", "answer lost", "reset before"):
            yield f"{task}: worker's clock {way}, {name}"


def _two_texts() -> Iterator[str]:
    for name in ("both answers lost", "both requests lost", "both killed, accepted", "both listed late"):
        yield f"two texts: send: {name}"
    for name in ("answer lost", "reset before", "killed, accepted", "accepted in part", "run twice"):
        yield f"two texts: send: {name}"
    for name in ("request lost beside a lost answer", "run cancelled", "files lost"):
        yield f"two texts: send: {name}"


def _deferred() -> Iterator[str]:
    closing = {"answer lost": ("observe", "succeed"), "reset before": ("observe", "mark_not_executed", "claim")}
    for task, name in product(_ONCE, closing):
        yield f"{task}: {name}: killed, waiting"
        yield f"{task}: {name}: resumed late"
        for when, method in product(("before", "after"), closing[name]):
            yield f"{task}: {name}: killed, {when} {method}"
