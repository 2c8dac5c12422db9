"""Which faults hit which campaign: number N of seed S is the same plan in every run."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from faults.single import BREAKS, BROKEN, KILLS, SEND, SINGLE, SPECIAL, WRITES, Strike

#: Of twelve plans so many are of each kind.
ROUND = (
    "kill",
    "break",
    "twice",
    "kill",
    "break",
    "several",
    "kill",
    "special",
    "twice",
    "kill",
    "break",
    "several",
)
KINDS = {"kill": KILLS, "break": BROKEN, "special": SPECIAL}


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
    """Make a plan: number N of seed S.

    Single faults of each kind come one after the other in an order drawn from the seed, often with more of them on the
    way back; in between a try runs in two processes, or several campaigns are hit at random.
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
    if kind == "several":
        return _several(seed, number, rng)
    strikes = _twice(rng) if kind == "twice" else _single(seed, turn, place)
    task = strikes[0].task
    if rng.random() < 0.6 and kind != "twice":
        first = 1 if kind == "break" else 2
        strikes += tuple(_more(rng, task, on_try) for on_try in range(first, rng.choice((first, 3)) + 1))
    if task == "order":
        return Plan(seed=seed, number=number, family="order", runs=(), strikes=strikes, orders=1)
    rows = rng.randint(3, 30)
    size = rng.choice((rows, rows, (rows + 1) // 2))
    return Plan(seed=seed, number=number, family=task, runs=((rows, size),), strikes=strikes)


def _single(seed: int, turn: int, place: int) -> tuple[Strike, ...]:
    """The next single fault of its kind, in an order drawn from the seed."""
    kind = ROUND[place]
    order = list(range(len(KINDS[kind])))
    Random(f"{seed}/{kind}").shuffle(order)
    earlier = turn * ROUND.count(kind) + ROUND[:place].count(kind)
    return KINDS[kind][order[earlier % len(order)]]


def _twice(rng: Random) -> tuple[Strike, ...]:
    """Two processes that run the same try, the second a little later; on several tries, with a lost answer or not."""
    task = rng.choice(("send", "send", "order", "upload_receivers"))
    strikes = [
        Strike(
            how="twice",
            task=task,
            on_try=on_try,
            about={"delay": round(rng.choice((0, rng.uniform(0, 0.3))), 3)},
        )
        for on_try in range(1, rng.choice((1, 2, 3)) + 1)
    ]
    if rng.random() < 0.5:
        strikes.append(Strike(how="wire", task=task, about={**rng.choice(BREAKS), **WRITES[task][-1]}))
    return tuple(strikes)


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
