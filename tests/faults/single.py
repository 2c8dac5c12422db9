"""Every single fault of a call or of a process, for each task and each boundary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

#: Seconds of quiet_period, reconcile_timeout and read timeout, in the same order as the product's own 120, 1200, 60.
RECONCILE_TIMES = (1.2, 20.0, 0.8)
ACCOUNT = "sms-sb00001-1"
#: The quiet account, on which no other program sends: transfers come from it.
SOURCE = "sms-sb00001-2"
#: The Airflow connection of each account.
CONNECTIONS = {ACCOUNT: "ovh_sms_default", SOURCE: "ovh_sms_source"}
SEND = {"method": "POST", "path": "/sms/*/jobs"}
ORDER = {"method": "POST", "path": "/order/sms/*/credits"}
PAY = {"method": "POST", "path": "/me/order/*/pay"}
TRANSFER = {"method": "POST", "path": "/sms/*/transferCredits"}
DOCUMENT = {"method": "POST", "path": "/me/document"}
EXPIRE = {"method": "PUT", "path": "/me/document/*"}
SLOT = {"method": "POST", "path": "/sms/*/receivers"}
FREE = {"method": "DELETE", "path": "/sms/*/receivers/*"}
WRITES = {"send": [SEND], "order": [ORDER], "pay": [PAY], "transfer": [TRANSFER]}
WRITES |= {"upload_receivers": [DOCUMENT, EXPIRE, SLOT], "free_receivers": [FREE]}
#: Tasks that make a write at most once, and those of them that order, pay or transfer credits.
ONCE = ("send", "order", "pay", "transfer")
CREDIT_TASKS = ONCE[1:]
READS = {
    "send": [
        "/sms/*/outgoing*",
        "/sms/*/jobs*",
        "/sms/*/receivers/*",
        f"/sms/{ACCOUNT}",
        "/sms/*/blacklists*",
        "/auth/time",
    ],
    "order": ["/me/order", "/me/order/*", "/order/sms/*/credits", f"/sms/{ACCOUNT}", "/auth/time"],
    "pay": ["/me/payment/method*", "/me/order/*/paymentMethods", "/me/order/*/status", "/auth/time"],
    "transfer": [f"/sms/{ACCOUNT}", f"/sms/{SOURCE}", "/sms/*/outgoing*", "/sms/*/jobs*", "/me/order*", "/auth/time"],
    "upload_receivers": ["/sms/*/receivers", "/sms/*/receivers/*", "/auth/time"],
    "free_receivers": ["/sms/*/receivers", "/sms/*/receivers/*"],
    "prepare": ["/sms/*/blacklists*"],
}
#: The first call behind the claim; an order has read the list of orders once before, for the snapshot, a payment the
#: default method, and a transfer the balance of a quiet source once, and twice for the snapshot.
CLAIMED: dict[str, dict[str, Any]] = {
    "send": {"method": "GET", "path": "/sms/*/receivers/*"},
    "order": {"method": "GET", "path": "/me/order", "after": 1},
    "pay": {"method": "GET", "path": "/me/payment/method", "after": 1},
    "transfer": {"method": "GET", "path": f"/sms/{SOURCE}", "after": 3},
}
#: Kills around the journal's writes.
RECORDED = {
    ("claim", "before"): "before the claim",
    ("claim", "after"): "right after the claim",
    ("succeed", "before"): "before the answer is recorded",
    ("succeed", "after"): "answer recorded",
}
#: Faults of a call by the name they are counted under; the timeouts are longer than the harness waits.
BREAKS: dict[str, dict[str, Any]] = {
    "answer lost": {"kind": "lost_answer"},
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "429 with a time": {"kind": "status", "status": 429, "retry_after": 1},
    "429": {"kind": "status", "status": 429},
    "502 HTML": {"kind": "html_502"},
    "timeout": {"kind": "slow", "seconds": 1.1},
    "slow": {"kind": "slow", "seconds": 0.3},
    "trickle": {"kind": "trickle", "seconds": 1.5},
    "half a body": {"kind": "half_body"},
    "wrong JSON": {"kind": "wrong_json"},
    "403 of a proxy": {"kind": "proxy_4xx"},
    "404 of a proxy, JSON": {"kind": "proxy_4xx", "status": 404, "page": "json"},
}
#: Those that happen to reads too.
OF_READS = ("answer lost", "reset before", "503", "429 with a time", "502 HTML", "timeout", "half a body", "wrong JSON")
_WRITE_NAMES = {"/me/document": "document", "/me/document/*": "expiry", "/sms/*/receivers": "slot"}


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A fault that hits one try of one task.

    :param how: ``state`` kills at a write of the journal, ``returned`` when all is done but not reported, ``held``
        while a call is held at OVH, ``later`` after some seconds; ``wire`` breaks calls, ``storage`` the way to a
        document, ``twice`` runs the try in two processes, ``second`` dispatches it once more while the first one's call
        is held, ``restart`` kills the sandbox while it holds a call, ``clock`` sets OVH's clock wrong,
        ``worker_clock`` the worker's, and that of a second process the other way, ``frozen`` stops the process for some
        seconds, ``delayed`` lets a task that deferred itself go on late, ``database`` and ``claiming`` break
        connections to PostgreSQL, ``topup`` adds credits to the account.
        Done around the tasks: ``cancel`` cancels the run, ``folder`` loses its files, ``replaced`` puts another list
        in its place at OVH, ``republished`` prepares another list between the upload and the submission, ``early`` is
        a person who resolves that nothing was sent without reading OVH.
    :param name: kind of fault, as it is counted.
    :param on_try: 0 for a strike around the tasks.
    :param during: ``waiting`` or ``resumed``, if the task has deferred itself.
    """

    how: str
    task: str
    name: str
    on_try: int = 1
    campaign: int = 0
    batch: int = 0
    during: str = ""
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def around(self) -> bool:
        return self.on_try == 0

    def __str__(self) -> str:
        about = " ".join(f"{name}={value}" for name, value in self.about.items())
        return f"{self.how} at {self.task}[{self.batch}] of {self.campaign}, try {self.on_try}: {about}"


def subject(task: str, call: dict[str, Any]) -> str:
    return f"{task} ({_WRITE_NAMES[call['path']]})" if task == "upload_receivers" else task


def kills(task: str) -> Iterator[Strike]:
    """Each boundary of a task at which its process can be killed."""

    def held(name: str, **about: Any) -> Strike:
        return Strike(how="held", task=task, name=name, about=about)

    if task in CLAIMED:
        for (method, when), name in RECORDED.items():
            about = {"when": when, "method": method}
            yield Strike(how="state", task=task, name=f"{task}: killed, {name}", about=about)
        yield held(f"{task}: killed, claimed", kind="hold_before", **CLAIMED[task], then="go")
    if task == "prepare":
        for when, name in {"before": "before the list is published", "after": "list published"}.items():
            about = {"when": when, "method": "publish"}
            yield Strike(how="state", task=task, name=f"{task}: killed, {name}", about=about)
    if task == "upload_receivers":
        for name, path in {"before the first write": "/sms/*/receivers", "answer read": "/sms/*/receivers/*"}.items():
            yield held(f"{task}: killed, {name}", kind="hold_before", method="GET", path=path, then="go")
    for call in WRITES.get(task, ()):
        ends = {"go": "request written", "late": "request executed later", "drop": "request lost"}
        for then, name in ends.items():
            yield held(f"{subject(task, call)}: killed, {name}", kind="hold_before", **call, then=then)
        yield held(f"{subject(task, call)}: killed, accepted", kind="hold_after", **call, then="go")
    yield Strike(how="returned", task=task, name=f"{task}: killed, done and not reported")


def broken_writes(task: str) -> Iterator[Strike]:
    for call, (name, kind) in product(WRITES[task], BREAKS.items()):
        yield Strike(how="wire", task=task, name=f"{subject(task, call)}: {name}", about={**kind, **call})


def broken_reads(task: str) -> Iterator[Strike]:
    for path, name in product(READS[task], OF_READS):
        about = {**BREAKS[name], "method": "GET", "path": path}
        yield Strike(how="wire", task=task, name=f"{task}, a read: {name}", about=about)


def late(seconds: float, answer: str, name: str) -> Strike:
    about = {"kind": "late_listing", "seconds": seconds, "answer": answer, **SEND}
    return Strike(how="wire", task="send", name=name, about=about)


def partial(share: float) -> Strike:
    name = "accepted in part" if share else "nothing of it accepted"
    return Strike(how="wire", task="send", name=f"send: {name}", about={"kind": "partial", "share": share, **SEND})


def special() -> Iterator[tuple[Strike, ...]]:
    """Faults of some calls only, and faults around them."""
    for seconds, answer in product((0.5, 0.9), ("lost", "sent")):
        yield (late(seconds, answer, f"send: listed late, answer {answer}"),)
    for share in (0.2, 0.5, 0.8, 0.0):
        yield (partial(share),)
    for task, seconds in product(("pay", "transfer"), (0.5, 0.9)):
        about = {"kind": "late_listing", "seconds": seconds, "answer": "lost", **WRITES[task][0]}
        yield (Strike(how="wire", task=task, name=f"{task}: shown late, answer lost", about=about),)
    for task, offset in product((*ONCE, "upload_receivers"), (600, -600)):
        way = "ahead" if offset > 0 else "behind"
        name = f"{task}: clock 10 minutes {way}"
        wrong = Strike(how="clock", task=task, name=name, about={"offset": offset})
        call = WRITES[task][-1]
        yield (wrong,)
        for kind, about in {"answer lost": {"kind": "lost_answer"}, "accepted": {"kind": "hold_after"}}.items():
            lost = kind == "answer lost"
            how, more = ("wire", {}) if lost else ("held", {"then": "go"})
            and_name = f"{name}, {kind if lost else 'killed'}"
            yield (wrong, Strike(how=how, task=task, name=and_name, about={**about, **call, **more}))
    for task, hold in product((*ONCE, "upload_receivers"), ("hold_before", "hold_after")):
        name = f"{task}: sandbox killed, {'request written' if hold == 'hold_before' else 'accepted'}"
        yield (Strike(how="restart", task=task, name=name, about={"kind": hold, **WRITES[task][-1]}),)
    # A process that stands still between its claim and its POST, while another one takes over.
    for task, call in CLAIMED.items():
        yield (Strike(how="frozen", task=task, name=f"{task}: frozen, claimed", about={**call, "seconds": 2.5}),)


TASKS = (*ONCE, "upload_receivers", "free_receivers")
KILLS = [(strike,) for task in (*TASKS, "prepare") for strike in kills(task)]
BROKEN_WRITES = [(strike,) for task in TASKS for strike in broken_writes(task)]
BROKEN = [*BROKEN_WRITES, *((strike,) for task in (*TASKS, "prepare") for strike in broken_reads(task))]
SPECIAL = list(special())
SINGLE = [each[0] for each in (*KILLS, *BROKEN, *SPECIAL) if len(each) == 1 and each[0].how != "frozen"]
