"""Every kind of fault once, by itself; a whole run carries out all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Any

from faults.single import (
    BREAKS,
    BROKEN_WRITES,
    CLAIMED,
    KILLS,
    ONCE,
    RECONCILE_TIMES,
    SEND,
    SPECIAL,
    WRITES,
    Strike,
    late,
    partial,
)
from faults.two_texts import TWO_TEXTS

#: Seconds of quiet_period, reconcile_timeout and read timeout if OVH lists 20 seconds late.
LONG_TIMES = (25.0, 60.0, 10.0)
#: If a person is to be asked before OVH lists the submission, 9 seconds late.
ASKED_TIMES = (1.2, 6.0, 0.8)
#: If ten processes reconcile at once.
OUTAGE_TIMES = (3.0, 30.0, 5.0)
#: If no other process waits for this one, it waits longer for an answer, which comes late on a busy machine.
UNHURRIED = (*RECONCILE_TIMES[:2], 5.0)
_FROZEN = {**CLAIMED["send"], "seconds": 2.5}
_MOMENTS = {"hold_before": "request written", "hold_after": "accepted"}
_LOST = {name: BREAKS[name] for name in ("answer lost", "reset before")}
#: Seconds that the POST of a first dispatch is held; less than the read timeout.
HELD = 0.5
#: Actions of PostgreSQL on connections, and the names of these faults.
_ENDED = {"cut": "connection ended by PostgreSQL", "away": "PostgreSQL takes no connections"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault and the world it happens in; see :class:`faults.plans.Plan`."""

    strikes: tuple[Strike, ...]
    way: str = "list"
    results: str = "sqlite"
    crowded: bool = False
    delay: int = 0
    reconcile_policy: tuple[float, float, float] = RECONCILE_TIMES
    campaigns: int = 1
    batches: int = 1
    texts: int = 1


def late_by_20() -> Iterator[Case]:
    """OVH lists a submission after 20 real seconds: messages that go out at once, and pending ones.

    A long quiet period finds them; a short one asks a person, as their credits are gone.
    """
    for delay, answer in product((0, 10), ("lost", "sent")):
        kept = "outgoing" if not delay else "pending"
        strike = late(20, answer, f"send: listed 20 s late, {kept}, answer {answer}")
        yield Case(strikes=(strike,), delay=delay, reconcile_policy=LONG_TIMES)
    for delay, way in ((0, "list"), (10, "list"), (0, "numbers"), (0, "csv_url"), (0, "document_url")):
        kept = "outgoing" if not delay else "pending"
        strike = late(20, "lost", f"send: listed 20 s late, {kept}, reconciled too briefly")
        yield Case(strikes=(strike,), delay=delay, way=way)


def twice() -> Iterator[Case]:
    """Every task in two processes at once, and a second dispatch while the first one's POST is under way."""
    for task, delay in product((*ONCE, "upload_receivers"), (0.0, 0.15)):
        about = {"delay": delay}
        yield Case(strikes=(Strike(how="twice", task=task, name=f"{task}: run twice", about=about),))
    for task, delay in product(("prepare", "split_into_batches", "free_receivers", "collect", "report"), (0.0, 0.1)):
        yield Case(strikes=(_at(task, "twice", "run twice", delay=delay),), batches=2)
    for delay in (0.0, 0.2):
        cancel = replace(_at("send", "cancel", "run cancelled", seconds=0.4), on_try=0)
        yield Case(strikes=(cancel, _at("cancel", "twice", "run twice", delay=delay)), delay=10)
    for task, (kind, moment) in product(ONCE, _MOMENTS.items()):
        about = {"kind": kind, **WRITES[task][0], "seconds": HELD}
        yield Case(strikes=(_at(task, "second", f"second dispatch, {moment}", **about),))


def clocks() -> Iterator[Case]:
    """The clocks of two workers are wrong by ten minutes, in opposite directions."""
    for task, offset, results in product(ONCE, (600, -600), ("sqlite", "postgresql")):
        way = "ahead" if offset > 0 else "behind"
        wrong = _at(task, "worker_clock", f"worker's clock 10 minutes {way}", offset=offset)
        yield Case(strikes=(wrong,), results=results)
        yield Case(strikes=(wrong, _at(task, "twice", f"worker's clock {way}, run twice", delay=0.1)), results=results)
        for name in ("answer lost", "reset before"):
            lost = _at(task, "wire", f"worker's clock {way}, {name}", **BREAKS[name], **WRITES[task][0])
            yield Case(strikes=(wrong, lost), results=results)


def deferred() -> Iterator[Case]:
    """The answer is lost and the task waits for OVH without a process: its trigger is killed, it goes on late."""
    for task, (name, about) in product(ONCE, _LOST.items()):
        lost = _at(task, "wire", f"{name}, deferred", **about, **WRITES[task][0])
        for seconds in (0.1, 0.4):
            kill = _at(task, "later", f"{name}: killed, waiting", seconds=seconds)
            yield Case(strikes=(lost, replace(kill, during="waiting")))
        late_again = _at(task, "delayed", f"{name}: resumed late", seconds=7.0)
        yield Case(strikes=(lost, replace(late_again, during="waiting")))
        methods = ("observe", "succeed") if name == "answer lost" else ("observe", "mark_not_executed", "claim")
        for method, when in product(methods, ("before", "after")):
            kill = _at(task, "state", f"{name}: killed, {when} {method}", method=method, when=when)
            yield Case(strikes=(lost, replace(kill, during="resumed")))
    for seconds in (1.5, 2.5):
        late_too = late(seconds, "lost", "send: listed while resuming")
        yield Case(strikes=(late_too,))


def outages() -> Iterator[Case]:
    """Many answers lost at once, half of them of requests that OVH has not executed."""
    for batches, campaigns, way in ((8, 1, "list"), (1, 10, "numbers"), (4, 2, "list")):
        count = batches * campaigns // 2
        lost = {"kind": "lost_answer", "times": count, **SEND}
        gone = {"kind": "reset_before", "times": count, **SEND}
        strikes = (_at("send", "wire", "many answers lost", **lost), _at("send", "wire", "many requests lost", **gone))
        world = {"way": way, "batches": batches, "campaigns": campaigns, "reconcile_policy": OUTAGE_TIMES}
        for delay in (0, 10):
            yield Case(strikes=strikes, delay=delay, **world)  # type: ignore[arg-type]


def repeated() -> Iterator[Case]:
    """A proxy sends the POST twice: nobody can prevent it, and it must be reported."""
    yield Case(strikes=(_at("send", "wire", "repeated by a proxy", kind="repeat", **SEND),))
    for delay in (0, 10):
        lost = _at("send", "wire", "repeated by a proxy, answer lost", kind="repeat", answer="lost", **SEND)
        yield Case(strikes=(lost,), delay=delay)


def restarted() -> Iterator[Case]:
    """The results database crashes and comes back."""
    for task in CLAIMED:
        moments = {"claimed": {"kind": "hold_before", **CLAIMED[task]}}
        moments |= {"accepted": {"kind": "hold_after", **WRITES[task][0]}}
        for moment, about in moments.items():
            strike = _at(task, "database", f"PostgreSQL restarted, {moment}", **about, then="restart")
            yield Case(strikes=(strike,), results="restarted")


def storage() -> Iterator[Case]:
    """Faults on the way of the file to the document's address."""
    name = "upload_receivers (bytes)"
    kinds = {"answer lost": "lost_answer", "reset before": "reset_before", "503": "status", "half a body": "half"}
    for what, kind in kinds.items():
        yield Case(strikes=(_upload("storage", f"{name}: {what}", kind=kind),))
    for what, kind in {"request written": "hold_before", "accepted": "hold_after"}.items():
        yield Case(strikes=(_upload("storage", f"{name}: killed, {what}", kind=kind),))


def ways() -> Iterator[Case]:
    """Submissions without a prepared list: numbers, a public list in a slot, a public document."""
    sends = [each for each in (*KILLS, *BROKEN_WRITES) if each[0].task == "send"]
    # Without a receivers slot none is read behind the claim.
    named = [each for each in sends if each[0].name != "send: killed, claimed"]
    for strikes in named:
        yield Case(strikes=strikes, way="numbers")
        yield Case(strikes=strikes, way="document_url")
    for way, share in product(("numbers", "document_url", "csv_url"), (0.5, 0.0)):
        yield Case(strikes=(partial(share),), way=way)
    for way in ("numbers", "csv_url"):
        yield Case(strikes=(late(0.5, "lost", "send: listed late, answer lost"),), way=way)
    for way in ("numbers", "document_url", "csv_url"):
        yield Case(strikes=(Strike(how="twice", task="send", name="send: run twice", about={"delay": 0.1}),), way=way)
    slot = [each for each in (*KILLS, *BROKEN_WRITES) if each[0].name.startswith("upload_receivers (slot)")]
    for strikes in (*slot, *(each for each in sends if "accepted" in each[0].name)):
        yield Case(strikes=strikes, way="csv_url")


def on_postgresql() -> Iterator[Case]:
    """Results in PostgreSQL: claims under kills and doubles, and connections that it ends."""
    for each in (*KILLS, *SPECIAL):
        if each[0].task in CLAIMED and (each[0].how in ("state", "frozen") or "claimed" in each[0].name):
            yield Case(strikes=each, results="postgresql")
        if "killed, accepted" in each[0].name and each[0].task in CLAIMED:
            yield Case(strikes=each, results="postgresql")
    for case in twice():
        if case.strikes[0].how != "cancel":
            yield replace(case, results="postgresql")
    for task in CLAIMED:
        moments = {"claimed": {"kind": "hold_before", **CLAIMED[task]}}
        moments |= {"accepted": {"kind": "hold_after", **WRITES[task][0]}}
        for (moment, about), (then, name) in product(moments.items(), _ENDED.items()):
            strike = _at(task, "database", f"{name}, {moment}", **about, then=then)
            yield Case(strikes=(strike,), results="postgresql")
        for then, name in {"cut": _ENDED["cut"], "kill": "killed"}.items():
            strike = _at(task, "claiming", f"{name}, claiming", then=then)
            yield Case(strikes=(strike,), results="postgresql")


def waiting() -> Iterator[Case]:
    """All nine receivers lists are in use: the upload waits in a triggerer."""
    kill = _upload("later", "upload_receivers: killed, waiting", seconds=0.6)
    yield Case(strikes=(replace(kill, during="waiting"),), crowded=True)
    call = {"method": "GET", "path": "/sms/*/receivers"}
    for name in ("answer lost", "503", "502 HTML", "half a body"):
        broken = _upload("wire", f"upload_receivers, waiting: {name}", **BREAKS[name], **call)
        yield Case(strikes=(replace(broken, during="waiting"),), crowded=True)
    for each in KILLS:
        if each[0].task == "upload_receivers" and ("slot" in each[0].name or "first" in each[0].name):
            again = replace(each[0], during="resumed", name=f"{each[0].name}, room at last")
            yield Case(strikes=(again,), crowded=True)


def listed_after_quiet_period() -> Iterator[Case]:
    """OVH lists after the quiet period, beside other campaigns, while credits are topped up or a person hurries."""
    name = "send: listed after quiet_period"
    others = replace(late(4, "lost", f"{name}, others too"), campaign=1)
    lost = Strike(
        how="wire", task="send", name=f"{name}, others lost", campaign=2, about={"kind": "lost_answer", **SEND}
    )
    # The first try decides by itself: credits are added while it waits without a process.
    topup = replace(_at("send", "topup", "listed after quiet_period, credits topped up", credits=500), during="waiting")
    for seconds, way in product((4, 9), ("list", "numbers")):
        first = late(seconds, "lost", f"{name}, {seconds} s")
        yield Case(strikes=(first, topup), way=way)
        yield Case(strikes=(first, others, lost), campaigns=3, way=way)
        yield Case(strikes=(first, others, lost, topup), campaigns=3, way=way)
    for way, delay in (("list", 0), ("list", 10), ("numbers", 0)):
        hasty = replace(_at("send", "early", "resolved too early"), on_try=0)
        asked = {"way": way, "delay": delay, "reconcile_policy": ASKED_TIMES}
        yield Case(strikes=(late(9, "lost", f"{name}, 9 s"), hasty), **asked)  # type: ignore[arg-type]


def mishaps() -> Iterator[Case]:
    """Runs that are cancelled, files that are lost, a list that is replaced at OVH right before the POST."""
    lost, accepted = {"kind": "lost_answer", **SEND}, {"kind": "hold_after", **SEND, "then": "go"}
    with_it = {
        "": (),
        ", answer lost": (Strike(how="wire", task="send", name="send: answer lost", about=lost),),
        ", killed": (Strike(how="held", task="send", name="send: killed, accepted", about=accepted),),
    }
    frozen = Strike(how="frozen", task="send", name="send: frozen, claimed", about=_FROZEN)
    late_too = {", listed late": (late(0.5, "lost", "send: listed late, answer lost"),), ", frozen": (frozen,)}
    for (name, strikes), seconds in product({**with_it, **late_too}.items(), (0.0, 0.4, 1.0)):
        cancel = replace(_at("send", "cancel", f"run cancelled{name}", seconds=seconds), on_try=0)
        yield Case(strikes=(cancel, *strikes), delay=10)
    for (name, strikes), clear in product(with_it.items(), ("all", "send")):
        gone = replace(_at("send", "folder", f"files lost{name}", clear=clear), on_try=0)
        yield Case(strikes=(gone, *strikes), batches=2)
    for name, strikes in with_it.items():
        again = replace(_at("send", "republished", f"list prepared again{name}"), on_try=0)
        yield Case(strikes=(again, *strikes))
        replaced = replace(_at("send", "replaced", f"list replaced{name}"), on_try=0)
        yield Case(strikes=(replaced, *strikes))


def _upload(how: str, name: str, **about: Any) -> Strike:
    return Strike(how=how, task="upload_receivers", name=name, about=about)


def _at(task: str, how: str, name: str, **about: Any) -> Strike:
    return Strike(how=how, task=task, name=f"{task}: {name}", about=about)


SLOW = [*late_by_20(), *listed_after_quiet_period()]
QUICK = [
    *(Case(strikes=strikes) for strikes in (*KILLS, *BROKEN_WRITES, *SPECIAL)),
    *twice(),
    *clocks(),
    *deferred(),
    *outages(),
    *repeated(),
    *restarted(),
    *storage(),
    *ways(),
    *on_postgresql(),
    *waiting(),
    *mishaps(),
]


def every(seed: int) -> list[Case]:
    quick = list(QUICK)
    Random(f"{seed}/every").shuffle(quick)
    several = (Case(strikes=strikes, delay=delay, texts=2) for strikes, delay in TWO_TEXTS)
    return [SLOW[0], *map(_unhurried, quick), *SLOW[1:], *map(_unhurried, several)]


def _unhurried(case: Case) -> Case:
    # Of two living processes one must see the other's request within the quiet period.
    hurried = any(strike.how in ("wire", "twice", "frozen", "cancel") for strike in case.strikes)
    return case if hurried else replace(case, reconcile_policy=UNHURRIED)
