"""Output of `make faults`: progress, breaches with their replay, a summary."""

from __future__ import annotations

import argparse
import re
import time
from statistics import median

from faults import plans
from faults.as_user import chosen
from faults.count import Counts
from faults.plans import Plan

COUNTED = (
    "injected",
    "campaigns",
    "messages",
    "double_sent",
    "lost",
    "wrong_list",
    "double_orders",
    "double_payments",
    "double_transfers",
    "credits_lost",
    "credit_faults",
    "credit_decidable",
    "credit_asked",
    "unknown_reported",
    "decidable",
    "asked_decidable",
)
#: Further counts.
BESIDE = (
    "without_attempt",
    "without_message",
    "after_cancel",
    "asked_needlessly",
    "missing_by_word",
    "silent",
    "harmless",
    "repeated",
    "hits",
    "ends",
)
REPORT_SECONDS = 15.0


def median_seconds(counts: Counts) -> float | None:
    """Median of the seconds in which lost answers were decided without a person."""
    return round(median(counts.seconds_to_decide), 1) if counts.seconds_to_decide else None


class Progress:
    """Prints how the suite goes.

    :param given: its command line.
    """

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.began = self._reported = time.monotonic()
        self._log: list[str] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def plan(self, plan: Plan, counts: Counts, errors: list[str], total: Counts) -> None:
        """Report a plan: all of it if it alone is replayed or went wrong."""
        about = "".join(f"  {line}\n" for line in errors)
        if counts.asked_decidable:
            about = f"  asked about {counts.asked_decidable} of {counts.decidable} that can be decided\n{about}"
        if about:
            self._log.append(f"{plan}\n{about}")
        if self.given.only is not None:
            print(f"{plan}\n  hit: {dict(counts.hits)}; ended: {dict(counts.ends)}\n{about}", end="")
        if counts.breaches:
            print(f"BREACH {counts.breaches} in plan {plan}\n  replay: {self._replay(plan)}\n{about}", flush=True)
        elif self.given.only is None and time.monotonic() - self._reported > REPORT_SECONDS:
            self._reported = time.monotonic()
            minutes, seconds = divmod(int(self.seconds), 60)
            hits = f"{total.injected:>5} faults{total.campaigns:>6} campaigns{total.messages:>8} messages"
            wrong = f"twice {total.double_sent}, lost {total.lost}, wrong list {total.wrong_list}"
            print(f"  {minutes:>2}:{seconds:02} {hits}   {wrong}", flush=True)

    def _replay(self, plan: Plan) -> str:
        more = f" --weak {self.given.weak}" if self.given.weak else ""
        more += f" --directed {self.given.directed}" if self.given.directed else ""
        more += f" --via {plan.via}" if plan.via else ""
        more += f" --user {plan.user}" if plan.user else ""
        return f"python -m faults --seed {plan.seed} --only {plan.number}{more}"

    def through_airflow(self, errors: list[str]) -> None:
        self._log += ["through Airflow\n", *(f"  {line}\n" for line in errors)]

    def write_log(self) -> None:
        self.given.json.with_suffix(".log").write_text("".join(self._log), encoding="utf-8")

    def missed(self, total: Counts, postgresql: bool) -> list[str]:
        seed = self.given.seed
        planned = plans.kinds(seed, range(plans.singles(seed)))
        if way := chosen(self.given.via, self.given.user):
            planned = way[1].kinds(seed, range(way[1].count(seed)))
        return sorted(
            kind
            for kind in planned - set(total.kinds)
            if postgresql or not {"postgresql", "restarted"} & set(re.findall(r"\w+", kind.lower()))
        )

    def summary(self, total: Counts, broken: int, missed: list[str], short: list[str]) -> None:
        print(
            f"\n{total.injected:,} faults hit {total.campaigns:,} campaigns and orders with {total.messages:,} messages"
        )
        most = max(total.hits.values(), default=1)
        for name, count in total.hits.most_common():
            print(f"  {name:<24}{count:>6}  {'█' * max(1, round(30 * count / most))}")
        print(f"Of {len(total.kinds)} kinds; see {self.given.json}.")
        for name in missed:
            print(f"NEVER HIT: {name}")
        print("How the runs ended:")
        for name, count in total.ends.most_common():
            print(f"  {name:<24}{count:>6}")
        print(f"A person was asked {total.unknown_reported} times. It took {self.seconds / 60:.1f} minutes.")
        print(
            f"Of {total.decidable} lost answers that can be decided, {total.asked_decidable} were asked about; "
            f"median {median_seconds(total)} s."
        )
        print(
            f"{total.credit_faults:,} faults hit orders, payments and transfers; of {total.credit_decidable} lost "
            f"answers of theirs, {total.credit_asked} were asked about."
        )
        print(f"Sent twice {total.double_sent} · lost {total.lost} · wrong list {total.wrong_list}", end=" · ")
        print(f"ordered twice {total.double_orders} · paid twice {total.double_payments}", end=" · ")
        print(f"transferred twice {total.double_transfers} · credits lost {total.credits_lost:g}", end=" · ")
        print(f"sent after a cancellation {total.after_cancel} · failed in silence {total.silent}", end=" · ")
        print(f"without an attempt {total.without_attempt} · without a message {total.without_message}")
        if total.missing_by_word:
            print(f"Resolved as sent by a person though they were named as missing: {total.missing_by_word} receivers.")
        print(f"Not counted: {total.harmless} delays shorter than the read timeout.")
        for line in short:
            print(f"TOO FEW: {line}")
        good = "Nothing twice, nothing lost."
        if missed or short:
            good = "Not every kind of fault has hit." if missed else "Too few faults have hit."
        print(good if not broken else f"{broken} plans went wrong: see BREACH above.", flush=True)
