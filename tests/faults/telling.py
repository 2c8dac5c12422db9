"""What a person who runs the faults reads: progress, breaches with their replay, a summary."""

from __future__ import annotations

import argparse
import time

from faults import plans
from faults.count import Verdict
from faults.plans import Plan

COUNTED = (
    "injected",
    "campaigns",
    "messages",
    "double_sent",
    "lost",
    "wrong_list",
    "double_orders",
    "unknown_reported",
)
#: What is counted beside.
BESIDE = ("after_stop", "missing_by_word", "silent", "harmless", "hits", "ends")
EVERY_SECONDS = 15.0


class Telling:
    """Tells how the suite goes.

    :param given: its command line.
    """

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.began = self._told = time.monotonic()
        self._log: list[str] = []

    @property
    def seconds(self) -> float:
        """How long it runs."""
        return time.monotonic() - self.began

    def plan(self, plan: Plan, verdict: Verdict, errors: list[str], total: Verdict) -> None:
        """Tell of a plan that is carried out: all of it where it alone is replayed or went wrong."""
        about = "".join(f"  {line}\n" for line in errors)
        if errors:
            self._log.append(f"{plan}\n{about}")
        if self.given.only is not None:
            print(f"{plan}\n  hit: {dict(verdict.hits)}; ended: {dict(verdict.ends)}\n{about}", end="")
        if verdict.breaches:
            print(
                f"BREACH {verdict.breaches} in plan {plan}\n  replay: {self._replay(plan)}\n{about}",
                flush=True,
            )
        elif self.given.only is None and time.monotonic() - self._told > EVERY_SECONDS:
            self._told = time.monotonic()
            minutes, seconds = divmod(int(self.seconds), 60)
            counts = f"{total.injected:>5} faults{total.campaigns:>6} campaigns{total.messages:>8} messages"
            wrong = f"twice {total.double_sent}, lost {total.lost}, wrong list {total.wrong_list}"
            print(f"  {minutes:>2}:{seconds:02} {counts}   {wrong}", flush=True)

    def _replay(self, plan: Plan) -> str:
        more = f" --weak {self.given.weak}" if self.given.weak else ""
        more += f" --directed {self.given.directed}" if self.given.directed else ""
        return f"python -m faults --seed {plan.seed} --only {plan.number}{more}"

    def through_airflow(self, errors: list[str]) -> None:
        """Keep the errors of the part in a real Airflow for the log."""
        self._log += ["through Airflow\n", *(f"  {line}\n" for line in errors)]

    def write_log(self) -> None:
        """Write down every error that a task ended with, beside the counts."""
        self.given.json.with_suffix(".log").write_text("".join(self._log), encoding="utf-8")

    def missed(self, total: Verdict, postgresql: bool) -> list[str]:
        """The kinds of faults that were to be carried out and have not hit."""
        planned = plans.kinds(self.given.seed, range(plans.singles(self.given.seed)))
        return sorted(
            kind for kind in planned - set(total.kinds) if postgresql or "postgresql" not in kind.lower()
        )

    def summary(self, total: Verdict, broken: int, missed: list[str], short: list[str]) -> None:
        """Tell what it all came to."""
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
            f"Sent twice {total.double_sent} · lost {total.lost} · wrong list {total.wrong_list}", end=" · "
        )
        print(f"ordered twice {total.double_orders}", end=" · ")
        print(f"sent after a stop {total.after_stop} · passed over in silence {total.silent}")
        if total.missing_by_word:
            print(
                f"Declared sent by a person who was told that they are missing: {total.missing_by_word} receivers."
            )
        print(
            f"Not counted, as nothing came of them: {total.harmless} delays shorter than an answer is waited for."
        )
        for line in short:
            print(f"TOO FEW: {line}")
        good = "Nothing twice, nothing lost."
        if missed or short:
            good = "Not every kind of fault has hit." if missed else "Too few faults have hit."
        print(good if not broken else f"{broken} plans went wrong: see BREACH above.", flush=True)
