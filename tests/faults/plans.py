"""Which faults hit which campaign: number N of seed S is the same plan in every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from random import Random
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


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Campaigns and what hits them.

    :param runs: for each campaign its rows and the size of its pieces; none where credits are ordered.
    :param same: all runs are of the same campaign, list and message.
    """

    seed: int
    number: int
    family: str
    runs: tuple[tuple[int, int], ...]
    strikes: tuple[Strike, ...]
    orders: int = 0
    same: bool = False
    patience: tuple[float, float, float] | None = None

    def __str__(self) -> str:
        hit = "; ".join(map(str, self.strikes))
        return f"{self.number} ({self.family}) {len(self.runs)} campaigns, {self.orders} orders: {hit}"


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
    for task in ("send", "order", "upload_receivers"):
        yield (Strike(how="twice", task=task),)
        yield (
            Strike(how="twice", task=task),
            Strike(how="wire", task=task, about={"kind": "lost_answer", **WRITES[task][-1]}),
        )
        yield (Strike(how="twice", task=task), Strike(how="twice", task=task, on_try=2))
    # A process that stands still between its claim and its POST, while another one takes over.
    claimed = {"send": "/sms/*/receivers/*", "order": "/me/order"}
    for task, path in claimed.items():
        yield (Strike(how="frozen", task=task, about={"method": "GET", "path": path, "seconds": 2.5}),)


TASKS = ("send", "order", "upload_receivers", "free_receivers")
KILLS = [(strike,) for task in TASKS for strike in kills(task)]
BROKEN = [(strike,) for task in (*TASKS, "prepare") for strike in breaks(task)]
SPECIAL = list(special())
SINGLE = [each[0] for each in (*KILLS, *BROKEN, *SPECIAL) if len(each) == 1 and each[0].how != "frozen"]
#: Of ten plans so many are of each kind; the rest is of several campaigns at once.
ROUND = (KILLS, BROKEN, KILLS, BROKEN, None, KILLS, SPECIAL, KILLS, BROKEN, None)


def accepted(seed: int, number: int) -> Plan:
    """The plan that shows best what the guards are for: killed when OVH has accepted, campaigns and orders in turn."""
    task = ("send", "order")[number % 2]
    about = {"kind": "hold_after", **WRITES[task][0], "then": "go"}
    return Plan(
        seed=seed,
        number=number,
        family="accepted",
        runs=((8, 8),) if task == "send" else (),
        strikes=(Strike(how="held", task=task, about=about),),
        orders=int(task == "order"),
    )


def plan(seed: int, number: int) -> Plan:
    """Make a plan.

    Two of ten are of several campaigns at once; the others go through every single fault in an order drawn from the
    seed, often with more faults on the way back.
    """
    rng = Random(f"{seed}/{number}")
    if number == 7:
        late = {"kind": "late_listing", "seconds": 20, "answer": "lost", **SEND}
        strikes = (Strike(how="wire", task="send", about=late),)
        patience = (25.0, 60.0, 10.0)
        return Plan(
            seed=seed, number=number, family="late", runs=((8, 8),), strikes=strikes, patience=patience
        )
    turn, place = divmod(number, len(ROUND))
    kind = ROUND[place]
    if kind is None:
        return _several(seed, number, rng)
    order = list(range(len(kind)))
    Random(seed).shuffle(order)
    earlier = turn * ROUND.count(kind) + ROUND[:place].count(kind)
    strikes = kind[order[earlier % len(kind)]]
    task = strikes[0].task
    if rng.random() < 0.6 and strikes[0].how != "twice":
        first = 1 if kind is BROKEN else 2
        strikes += tuple(_more(rng, task, on_try) for on_try in range(first, rng.choice((first, 3)) + 1))
    if task == "order":
        return Plan(seed=seed, number=number, family="order", runs=(), strikes=strikes, orders=1)
    rows = rng.randint(3, 30)
    size = rng.choice((rows, rows, (rows + 1) // 2))
    return Plan(seed=seed, number=number, family=task, runs=((rows, size),), strikes=strikes)


def _more(rng: Random, task: str, on_try: int) -> Strike:
    """A fault on the way back, at a later try."""
    if rng.random() < 0.25:
        return Strike(how="later", task=task, on_try=on_try, about={"seconds": round(rng.uniform(0, 2), 2)})
    single = rng.choice([each for each in SINGLE if each.task == task])
    return Strike(how=single.how, task=task, on_try=on_try, about=single.about)


def _several(seed: int, number: int, rng: Random) -> Plan:
    """Several campaigns at once, hit at random."""
    same = rng.random() < 0.15
    runs = tuple(_size(rng) for _ in range(2 if same else rng.randint(2, 4)))
    strikes: list[Strike] = []
    for campaign, (rows, size) in enumerate(runs):
        for _ in range(rng.randint(1, 3)):
            task = rng.choice(("prepare", "upload_receivers", "send", "send", "send", "free_receivers"))
            piece = rng.randrange(-(-rows // size))
            single = _more(rng, task, rng.choice((1, 1, 2)))
            given = {"how": single.how, "task": task, "on_try": single.on_try, "about": single.about}
            strikes.append(Strike(campaign=campaign, piece=piece, **given))
    chance = {"kind": rng.choice(("lost_answer", "status", "half_body", "html_502", "reset_before"))}
    about = {**chance, "times": None, "chance": 0.03, "seed": rng.randrange(10**6)}
    strikes.append(Strike(how="wire", task="prepare", about=about))
    orders = int(rng.random() < 0.2)
    return Plan(
        seed=seed,
        number=number,
        family="several",
        runs=runs if not same else (runs[0], runs[0]),
        strikes=tuple(strikes),
        orders=orders,
        same=same,
    )


def _size(rng: Random) -> tuple[int, int]:
    rows = rng.randint(3, 40)
    return rows, rng.choice((rows, max(2, rows // 2), max(2, rows // 3)))
