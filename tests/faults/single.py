"""Every single fault: what can happen to which task, at which call or write of state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

ACCOUNT = "sms-sb00001-1"
SEND = {"method": "POST", "path": "/sms/*/jobs"}
ORDER = {"method": "POST", "path": "/order/sms/*/credits"}
DOCUMENT = {"method": "POST", "path": "/me/document"}
EXPIRE = {"method": "PUT", "path": "/me/document/*"}
SLOT = {"method": "POST", "path": "/sms/*/receivers"}
FREE = {"method": "DELETE", "path": "/sms/*/receivers/*"}
WRITES = {
    "send": [SEND],
    "order": [ORDER],
    "upload_receivers": [DOCUMENT, EXPIRE, SLOT],
    "free_receivers": [FREE],
}
READS = {
    "send": ["/sms/*/outgoing*", "/sms/*/jobs*", "/sms/*/receivers/*", f"/sms/{ACCOUNT}", "/auth/time"],
    "order": ["/me/order", "/me/order/*", "/order/sms/*/credits", f"/sms/{ACCOUNT}", "/auth/time"],
    "upload_receivers": ["/sms/*/receivers", "/sms/*/receivers/*", "/auth/time"],
    "free_receivers": ["/sms/*/receivers", "/sms/*/receivers/*"],
    "prepare": ["/sms/*/blacklists*"],
}
#: What can happen to a call; the timeouts are longer than the harness waits for an answer.
BREAKS: list[dict[str, Any]] = [
    {"kind": "lost_answer"},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "status", "status": 429},
    {"kind": "html_502"},
    {"kind": "slow", "seconds": 1.1},
    {"kind": "slow", "seconds": 0.3},
    {"kind": "trickle", "seconds": 1.5},
    {"kind": "half_body"},
    {"kind": "wrong_json"},
]


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A fault that hits one try of one task.

    :param how: ``state`` kills at a write of state, ``held`` kills while a call is held at OVH, ``later`` kills after
        some seconds, ``wire`` breaks calls, ``twice`` runs the try in two processes, ``restart`` kills the sandbox
        while it holds a call, ``clock`` sets OVH's clock wrong, ``frozen`` stops the process for some seconds.
    """

    how: str
    task: str
    on_try: int = 1
    campaign: int = 0
    piece: int = 0
    about: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        about = " ".join(f"{name}={value}" for name, value in self.about.items())
        return f"{self.how} at {self.task}[{self.piece}] of {self.campaign}, try {self.on_try}: {about}"


def kills(task: str) -> Iterator[Strike]:
    """Each boundary of a task at which its process can be killed."""
    if task in ("send", "order"):
        for write, when in product((1, 2), ("before", "after")):
            yield Strike(how="state", task=task, about={"when": when, "write": write})
        claimed = "/sms/*/receivers/*" if task == "send" else "/me/order"
        yield Strike(
            how="held",
            task=task,
            about={"kind": "hold_before", "method": "GET", "path": claimed, "then": "go"},
        )
    for call in WRITES.get(task, []):
        for then in ("go", "late", "drop"):
            about = {"kind": "hold_before", **call, "then": then}
            yield Strike(how="held", task=task, about=about)
        yield Strike(how="held", task=task, about={"kind": "hold_after", **call, "then": "go"})


def breaks(task: str) -> Iterator[Strike]:
    """Every kind of broken call, at each write of a task and at each of its reads."""
    for call, kind in product(WRITES.get(task, []), BREAKS):
        yield Strike(how="wire", task=task, about={**kind, **call})
    for path, kind in product(READS.get(task, []), BREAKS[:2] + BREAKS[4:6] + BREAKS[7:9] + BREAKS[-2:]):
        yield Strike(how="wire", task=task, about={**kind, "method": "GET", "path": path})


def special() -> Iterator[tuple[Strike, ...]]:
    """What only some calls can suffer, and what happens around them."""
    for seconds, answer in product((0.5, 0.9), ("lost", "sent")):
        yield (
            Strike(
                how="wire",
                task="send",
                about={"kind": "late_listing", "seconds": seconds, "answer": answer, **SEND},
            ),
        )
    for share in (0.2, 0.5, 0.8, 0.0):
        yield (Strike(how="wire", task="send", about={"kind": "partial", "share": share, **SEND}),)
    for task, offset in product(("send", "order", "upload_receivers"), (600, -600)):
        yield (
            Strike(how="clock", task=task, about={"offset": offset}),
            Strike(how="wire", task=task, about={"kind": "lost_answer", **WRITES[task][-1]}),
        )
        yield (Strike(how="clock", task=task, about={"offset": offset}),)
    for task, hold in product(("send", "order", "upload_receivers"), ("hold_before", "hold_after")):
        yield (Strike(how="restart", task=task, about={"kind": hold, **WRITES[task][-1]}),)
    # A process that stands still between its claim and its POST, while another one takes over.
    claimed = {"send": "/sms/*/receivers/*", "order": "/me/order"}
    for task, path in claimed.items():
        yield (Strike(how="frozen", task=task, about={"method": "GET", "path": path, "seconds": 2.5}),)


TASKS = ("send", "order", "upload_receivers", "free_receivers")
KILLS = [(strike,) for task in TASKS for strike in kills(task)]
BROKEN = [(strike,) for task in (*TASKS, "prepare") for strike in breaks(task)]
SPECIAL = list(special())
SINGLE = [each[0] for each in (*KILLS, *BROKEN, *SPECIAL) if len(each) == 1 and each[0].how != "frozen"]
