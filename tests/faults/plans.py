"""Draws which faults hit which campaign: number N of seed S is the same plan in every run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from faults.every import Case, every
from faults.single import BREAKS, BROKEN, CREDIT_TASKS, KILLS, ORDER, RECONCILE_TIMES, SINGLE, SPECIAL, WRITES, Strike

#: Messages of other programs on the account in a second, from few to many; every world has some.
STRANGERS = (0.5, 5.0)
#: Seconds for which OVH shows nothing in some worlds; less than a quiet period.
LATE = 0.6
#: Share of the worlds in which OVH does not take several ids in one call: each waiting message is a call, so there are
#: few of them.
NO_BATCHES = 0.2
#: Share of the drawn plans with lists that give each number two texts.
SEVERAL_TEXTS = 0.1
#: Of three plans two are the next single fault, until all have come; the third one is drawn.
SINGLES, OF = 2, 3
#: Of twelve plans that are drawn so many are of each kind.
_ROUND_NAMES = "kill break twice kill break several kill special twice kill break several"
ROUND = tuple(_ROUND_NAMES.split())
KINDS = {"kill": KILLS, "break": BROKEN, "special": SPECIAL}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Campaigns and what hits them.

    :param runs: for each campaign its rows and the size of its batches; none if credits are ordered.
    :param payments: orders that are paid as well; :param transfers: of the same need as the orders.
    :param flipped: transfers come from the account on which other programs send, and go to the quiet one.
    :param same: all runs are of the same campaign, list and message.
    :param reconcile_policy: seconds of quiet_period, reconcile_timeout and read timeout.
    :param way: of the receivers: a prepared ``list``, a public ``csv_url``, the ``numbers``, a public ``document_url``.
    :param results: ``sqlite``, ``postgresql``, or ``restarted``; ``crowded``: strangers hold all receivers slots.
    :param delay: minutes for which messages wait at OVH; ``texts``: those of each number, each in a batch of its own.
    :param via: the call of OVH that submissions are made by; ``user`` is who sends, with a ``quota`` if that is active.
    :param late: seconds for which OVH shows neither orders nor messages; ``None``: drawn.
    """

    seed: int
    number: int
    family: str
    runs: tuple[tuple[int, int], ...]
    strikes: tuple[Strike, ...]
    orders: int = 0
    payments: int = 0
    transfers: int = 0
    flipped: bool = False
    same: bool = False
    reconcile_policy: tuple[float, float, float] = RECONCILE_TIMES
    way: str = "list"
    results: str = "sqlite"
    crowded: bool = False
    delay: int = 0
    texts: int = 1
    late: float | None = None
    via: str | None = None
    user: str = ""
    quota: float | None = None

    @property
    def world(self) -> dict[str, Any]:
        """Features of the sandbox: other programs on the account; in some worlds OVH shows everything late."""
        rng = Random(f"{self.seed}/{self.number}/world")
        batches = rng.random() > NO_BATCHES
        few, many = STRANGERS if batches else (STRANGERS[0], 2 * STRANGERS[0])
        late = self.late if self.late is not None else rng.choice((0.0, 0.0, 0.0, LATE))
        return {
            "strangers_per_second": round(few * (many / few) ** rng.random(), 2),
            "late_orders": late,
            "late_messages": late,
            "batch_header": batches,
            "export_seconds": rng.choice((1.0, 3.0)),
            "batch_merge": self.via is not None,
        }

    def listed_after(self, campaign: int) -> float:
        """Seconds after which OVH lists what a campaign submits."""
        late = [strike.about for strike in self.strikes if strike.campaign == campaign and strike.how == "wire"]
        by_fault = [about["seconds"] for about in late if about["kind"] == "late_listing"]
        return max([*by_fault, self.world["late_messages"]])

    def __str__(self) -> str:
        hit = "; ".join(map(str, self.strikes))
        user = [f"user with {self.quota or 'no quota'}"] * bool(self.user)
        world = [self.family, *self._worlds(), *user, *["crowded"] * self.crowded]
        credit_runs = f"{self.orders} orders, {self.payments} payments, {self.transfers} transfers"
        about = f"{self.number} ({', '.join(world)}) {len(self.runs)} campaigns, {credit_runs}"
        return f"{about}: {hit}"

    def kinds(self, strike: Strike) -> list[str]:
        return [strike.name, *(f"{world}: {strike.name}" for world in self._worlds())]

    def _worlds(self) -> list[str]:
        several = {"two texts"} if self.texts > 1 else set[str]()
        return sorted({self.way, self.results} - {"list", "sqlite"} | several)


def accepted(seed: int, number: int) -> Plan:
    """Killed after OVH has accepted, campaigns and orders in turn.

    The messages wait at OVH, where they carry no tag: no check of the tag can replace the guard that is off.
    """
    return _accepted(seed, number, ("send", "order")[number % 2])


def _accepted(seed: int, number: int, task: str) -> Plan:
    about = {"kind": "hold_after", **WRITES[task][0], "then": "go"}
    strike = Strike(how="held", task=task, name=f"{task}: killed, accepted", about=about)
    given = {"runs": ((8, 8),), **credit_world(task), "strikes": (strike,), "delay": 10}
    return Plan(seed=seed, number=number, family="accepted", **given)  # type: ignore[arg-type]


def credit_world(task: str) -> dict[str, Any]:
    """The runs of a plan whose faults hit one task."""
    worlds = {"order": {"orders": 1}, "pay": {"payments": 1}, "transfer": {"transfers": 1}}
    return {"runs": (), **worlds[task]} if task in worlds else {}


def accepted_payment(seed: int, number: int) -> Plan:
    return _accepted(seed, number, "pay")


def accepted_transfer(seed: int, number: int) -> Plan:
    return _accepted(seed, number, "transfer")


def one_need(seed: int, number: int) -> Plan:
    """An order and a transfer for one need, at the same moment."""
    return Plan(seed=seed, number=number, family="one need", runs=(), strikes=(), orders=1, transfers=1)


def unclaimed(seed: int, number: int) -> Plan:
    return Plan(seed=seed, number=number, family="two runs", runs=((8, 8), (8, 8)), strikes=(), same=True)


def replaced(seed: int, number: int) -> Plan:
    strike = Strike(how="replaced", task="send", name="send: list replaced", on_try=0)
    return Plan(seed=seed, number=number, family="list replaced", runs=((8, 8),), strikes=(strike,))


def unlisted(seed: int, number: int) -> Plan:
    about = {"kind": "late_listing", "seconds": 20, "answer": "lost", **WRITES["send"][0]}
    strike = Strike(how="wire", task="send", name="send: listed 20 s late", about=about)
    return Plan(seed=seed, number=number, family="unlisted", runs=((8, 8),), strikes=(strike,))


def unlisted_order(seed: int, number: int) -> Plan:
    strike = Strike(how="wire", task="order", name="order: answer lost", about={"kind": "lost_answer", **ORDER})
    return Plan(seed=seed, number=number, family="unlisted order", runs=(), orders=1, strikes=(strike,), late=0.8)


def republished(seed: int, number: int) -> Plan:
    strike = Strike(how="republished", task="send", name="send: list prepared again", on_try=0)
    return Plan(seed=seed, number=number, family="republished", runs=((8, 8),), strikes=(strike,))


#: For each guard that can be switched off the plans that need it.
DIRECTED = {"journal": accepted, "observation": accepted, "claim": unclaimed, "slot": replaced, "credits": unlisted}
DIRECTED |= {"wait": unlisted_order, "published": republished}
DIRECTED |= {"need": one_need, "pay": accepted_payment, "transfer": accepted_transfer}


@cache
def _cases(seed: int) -> list[Case]:
    return every(seed)


def singles(seed: int) -> int:
    turns = -(-len(_cases(seed)) // SINGLES)
    return turns * OF


def is_single(seed: int, number: int) -> bool:
    turn, place = divmod(number, OF)
    return place < SINGLES and turn * SINGLES + place < len(_cases(seed))


def plan(seed: int, number: int) -> Plan:
    """Make a plan: number N of seed S.

    Single faults of each kind come one after the other in an order drawn from the seed. In between, and after them,
    faults of later tries are added, a try runs in two processes, or several campaigns are hit at random.
    """
    turn, place = divmod(number, OF)
    if is_single(seed, number):
        return alone(seed, number, _cases(seed)[turn * SINGLES + place])
    drawn = _drawn(seed, number, turn if number < singles(seed) else number)
    several = drawn.way == "list" and Random(f"{seed}/{number}/texts").random() < SEVERAL_TEXTS
    return replace(drawn, texts=2) if several else drawn


def kinds(seed: int, numbers: Iterable[int]) -> set[str]:
    alone = [plan(seed, number) for number in numbers if is_single(seed, number)]
    return {kind for each in alone for strike in each.strikes for kind in each.kinds(strike)}


def alone(seed: int, number: int, case: Case) -> Plan:
    """Make the plan of one case."""
    rng = Random(f"{seed}/{number}/alone")
    task = case.strikes[0].task
    rows = rng.randint(max(3, 2 * case.batches), max(12, 2 * case.batches))
    runs = ((rows, -(-rows // case.batches)),) * case.campaigns
    names = ("way", "results", "crowded", "delay", "texts", "reconcile_policy")
    world = {name: getattr(case, name) for name in names}
    about = {"runs": runs, **world, **credit_world(task)}
    return Plan(seed=seed, number=number, family=task, strikes=case.strikes, **about)


def _drawn(seed: int, number: int, at: int) -> Plan:
    rng = Random(f"{seed}/{number}")
    turn, place = divmod(at, len(ROUND))
    kind = ROUND[place]
    results = rng.choice(("sqlite", "sqlite", "postgresql"))
    if kind == "several":
        return replace(_several(seed, number, rng), results=results)
    strikes = _twice(rng) if kind == "twice" else _single(seed, turn, place)
    task = strikes[0].task
    if rng.random() < 0.6 and kind != "twice":
        first = 1 if kind == "break" else 2
        strikes += tuple(_more(rng, task, on_try) for on_try in range(first, rng.choice((first, 3)) + 1))
    about = {"seed": seed, "number": number, "strikes": strikes, "results": results}
    if task in CREDIT_TASKS:
        return Plan(family=task, flipped=rng.random() < 0.5, **credit_world(task), **about)
    rows = rng.randint(3, 30)
    size = rng.choice((rows, rows, (rows + 1) // 2))
    way = rng.choice(("list", "list", "list", "numbers", "csv_url")) if task == "send" else "list"
    return Plan(family=task, runs=((rows, size),), way=way, **about)


def _single(seed: int, turn: int, place: int) -> tuple[Strike, ...]:
    kind = ROUND[place]
    order = list(range(len(KINDS[kind])))
    Random(f"{seed}/{kind}").shuffle(order)
    earlier = turn * ROUND.count(kind) + ROUND[:place].count(kind)
    return KINDS[kind][order[earlier % len(order)]]


def _twice(rng: Random) -> tuple[Strike, ...]:
    task = rng.choice(("send", "send", *CREDIT_TASKS, "upload_receivers"))
    strikes = [
        Strike(
            how="twice",
            task=task,
            name=f"{task}: run twice",
            on_try=on_try,
            about={"delay": round(rng.choice((0, rng.uniform(0, 0.3))), 3)},
        )
        for on_try in range(1, rng.choice((1, 2, 3)) + 1)
    ]
    if rng.random() < 0.5:
        name = rng.choice(list(BREAKS))
        about = {**BREAKS[name], **WRITES[task][-1]}
        strikes.append(Strike(how="wire", task=task, name=f"{task}, run twice: {name}", about=about))
    return tuple(strikes)


def _more(rng: Random, task: str, on_try: int) -> Strike:
    if rng.random() < 0.25:
        about = {"seconds": round(rng.uniform(0, 2), 2)}
        return Strike(how="later", task=task, name=f"{task}: killed at any time", on_try=on_try, about=about)
    return replace(rng.choice([each for each in SINGLE if each.task == task]), on_try=on_try)


def _several(seed: int, number: int, rng: Random) -> Plan:
    same = rng.random() < 0.15
    runs = tuple(_size(rng) for _ in range(2 if same else rng.randint(2, 4)))
    strikes: list[Strike] = []
    for campaign, (rows, size) in enumerate(runs):
        for _ in range(rng.randint(1, 3)):
            task = rng.choice(("prepare", "upload_receivers", "send", "send", "send", "free_receivers"))
            batch = rng.randrange(-(-rows // size))
            single = _more(rng, task, rng.choice((1, 1, 2)))
            strikes.append(replace(single, campaign=campaign, batch=batch))
    chance = {"kind": rng.choice(("lost_answer", "status", "half_body", "html_502", "reset_before"))}
    about = {**chance, "times": None, "chance": 0.03, "seed": rng.randrange(10**6)}
    strikes.append(Strike(how="wire", task="prepare", name="several campaigns: any call", about=about))
    orders, transfers = rng.choice((0, 0, 0, 0, 1, 2)), rng.choice((0, 0, 0, 1, 2))
    return Plan(
        seed=seed,
        number=number,
        family="several",
        runs=runs if not same else (runs[0], runs[0]),
        strikes=tuple(strikes),
        orders=orders,
        transfers=transfers,
        same=same,
    )


def _size(rng: Random) -> tuple[int, int]:
    rows = rng.randint(3, 40)
    return rows, rng.choice((rows, max(2, rows // 2), max(2, rows // 3)))
