"""`make faults`, users: created, changed and deleted while tasks die at each boundary and calls break.

Each round asks for a new user, another quota, other settings or a deletion, and lets a task apply it, which is killed
at one boundary after another. In between answers are lost, calls fail, time out, or are executed after the death of
their process, and two tasks work at once. While it is not known what became of a write, users spend. Then tasks come
until one ends. What came of it is counted from the sandbox's truth, into build/faults_users.json.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from faults.users_count import USER_BREACHES, Seen, Wanted, count_users
from faults.users_world import READ_TIMEOUT, WEAK, apply, client_of, spend, surroundings, url_of

#: After so many rounds of kills, one of another kind.
KILLS_IN_A_ROW = 2
#: Tasks of a round at most, until one ends.
MOST_TASKS = 12
#: Users that are there at once.
MOST_USERS = 4
CREDITS = 100_000
#: Errors after which the next task goes on.
AGAIN = ("Unavailable", "DeadlineMissed", "OperationalError", "OutcomeUnknown", "ClaimOutdated", "RequestRefused")
#: What breaks a write, beside a kill.
BROKEN: dict[str, dict[str, Any]] = {
    "answer lost": {"kind": "lost_answer"},
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "status 500": {"kind": "status"},
    "unreadable 502": {"kind": "html_502"},
    "times out, executed": {"kind": "hold_after", "seconds": READ_TIMEOUT + 1},
    "times out, executed late": {"kind": "hold_before", "seconds": READ_TIMEOUT + 0.5},
}
OTHERS = (*BROKEN, "executed after its process died", "two tasks at once")
WRITES = ({"method": "POST", "path": "/sms/*/users"}, {"method": "PUT", "path": "/sms/*/users/*"})
DELETION = {"method": "DELETE", "path": "/sms/*/users/*"}


class Rounds:
    """Carries out rounds in one world.

    :param weak: the guard that is off.
    """

    def __init__(self, home: Path, sandbox: Any, *, seed: int = 1, weak: str = "") -> None:
        self.home, self.sandbox, self.seed, self.weak = home, sandbox, seed, weak
        self.hits: Counter[str] = Counter()
        self.errors: list[str] = []
        self.wanted: dict[str, Wanted] = {}
        self._boundaries = {"create": 0, "update": 0, "delete": 0}

    @property
    def injected(self) -> int:
        return sum(self.hits.values())

    def prepare(self) -> None:
        """Count the boundaries of a task that creates, changes and deletes."""
        for number, kind in ((-3, "create"), (-2, "update"), (-1, "delete")):
            self._ask(number, kind)
            # On a busy machine a task may need another one.
            if not any(self._run(kind) is not None for _ in range(MOST_TASKS)):
                self.errors.append(f"{kind} did not end without faults")
        for name in json.loads((self.home / "modules.json").read_text()):  # a fork has them then
            with suppress(Exception):
                importlib.import_module(name)
        if self.errors:
            raise SystemExit("\n".join(self.errors))

    def run(self, injected: int, minutes: float) -> None:
        """Carry out rounds until so many faults have hit."""
        ends, kills = time.monotonic() + 60 * minutes, count(self.seed)
        for number in count(1):
            if self.injected >= injected or time.monotonic() > ends:
                break
            kind = self._kind(number)
            self._ask(number, kind)
            if number % (KILLS_IN_A_ROW + 1):
                at = next(kills)
                self._run(kind, kill_at=1 + at % self._boundaries[kind])
            else:
                self._other(kind, OTHERS[(self.seed + number // (KILLS_IN_A_ROW + 1)) % len(OTHERS)])
            self._settle(kind, number)

    def _kind(self, number: int) -> str:
        there = sum(it.settings is not None for it in self.wanted.values())
        if there < 2 or (number % 5 == 1 and there < MOST_USERS):
            return "create"
        return "delete" if there == MOST_USERS and number % 5 == 0 else "update"

    def _ask(self, number: int, kind: str) -> None:
        """Change what is wanted of one login."""
        there = sorted(login for login, it in self.wanted.items() if it.settings is not None)
        # Enough for what it spends before another quota, and never what is left of the last one: that moves nothing.
        settings = {
            "quota": 40 + number % 7 + (5 if number % 2 else 0) + number % 89 / 100,
            "receipts_to": f"https://shop.example/{number}",
            "alert": {"below": 1 + number % 9, "email": "desk@shop.example"},
        }
        if kind == "create":
            self.wanted[f"user-{number}"] = Wanted(settings, 1)
            return
        login = there[number % len(there)]
        before = self.wanted[login].settings or {}
        if kind == "delete":
            self.wanted[login].settings = None
        elif number % 3 == 0:  # the quota stays
            self.wanted[login].settings = {**settings, "quota": before["quota"]}
        else:
            quota = settings["quota"] if settings["quota"] != before["quota"] else settings["quota"] + 20
            self.wanted[login] = Wanted({**settings, "quota": quota}, self.wanted[login].quotas + 1)

    def _settle(self, kind: str, number: int) -> None:
        """Let a user spend, then let tasks come until one ends."""
        there = sorted(login for login, it in self.wanted.items() if it.settings is not None)
        spend(self.sandbox, there[number % len(there)], 2)
        for _ in range(MOST_TASKS):
            if self._run(kind) is not None:
                return
            time.sleep(0.1)
        self.errors.append(f"round {number} ({kind}) did not end")

    def _other(self, kind: str, fault: str) -> None:
        """A round in which no process is killed at a boundary."""
        from faults.inbound_child import Task

        call = DELETION if kind == "delete" else WRITES[kind == "update"]
        if fault in BROKEN:
            order = self.sandbox.fault(**BROKEN[fault], **call)
            self._run(kind)
            time.sleep(0.3)
            if self.sandbox.fired().get(str(BROKEN[fault]["kind"])):
                self.hits[f"{kind}: {fault}"] += 1
            self.sandbox.release(order)
            self.sandbox.clear_faults()
            return
        if fault == "two tasks at once":
            (self.home / "beside").mkdir(exist_ok=True)
            other = Task(self._work(), self.home / "beside")
            self._run(kind)
            other.wait()
        else:
            held = self.sandbox.fault("hold_before", seconds=60, **call)
            dying = Task(self._work(), self.home)
            self.sandbox.wait_held(held)
            dying.kill()
            dying.wait()
            time.sleep(0.2)
            self.sandbox.release(held)
            self.sandbox.clear_faults()
        self.hits[f"{kind}: {fault}"] += 1

    def _work(self) -> Any:
        wanted = {login: it.settings or {"absent": True} for login, it in self.wanted.items()}
        return apply(self.home, self.sandbox, wanted, self.weak)

    def _run(self, kind: str, *, kill_at: int = 0) -> Any:
        """Run a task; returns what it returned, ``None`` if it did not come to that."""
        from faults.inbound_child import Task

        task = Task(self._work(), self.home, kill_at=kill_at)
        ended, reached = task.wait(), task.boundaries()
        if ended.get("killed"):
            self.hits[f"{kind}: killed {reached[-1]}" if reached else f"{kind}: killed"] += 1
        elif "value" in ended:
            self._boundaries[kind] = self._boundaries[kind] or len(reached)
            return ended["value"]
        elif ended["error"] not in AGAIN:
            self.errors.append(f"{kind}: {ended['error']}: {ended['says']}")
        return None

    def counts(self) -> dict[str, int]:
        """Count from the sandbox's truth and the journal."""
        from ovh_sms.store.store import Store
        from ovh_sms.store.user_records import DELETE

        store, client = Store(url_of(self.home)), client_of(self.sandbox)
        attempts = [each for login in self.wanted for each in store.users.attempts(self.sandbox.account_name, login)]
        seen = {}
        for login, moves in self._moves().items():
            seen[login] = Seen(moves=moves, is_there=False)
        for login in client.users.logins():
            found, moves = client.users.read(login), seen[login].moves if login in seen else []
            seen[login] = Seen(found.receipts_to, found.alert.threshold, moves)
        deleted = [
            (each.answer or {})["moved"] or 0.0
            for each in attempts
            if each.answer is not None and each.answer["action"] == DELETE
        ]
        certain = sum((each.answer or {}).get("moved") or 0.0 for each in attempts)
        possible = sum((each.answer or {}).get("more") or 0.0 for each in attempts)
        left = client.account.get().credits_left
        # What a deleted user had left is not certain.
        gone, spread = CREDITS - left - certain, possible - sum(deleted)
        store.close()
        found = count_users(
            self.wanted, seen, [each.state for each in attempts], unexplained=int(not -1 - spread <= gone <= spread + 1)
        )
        return {"users": len(self.wanted), **found, "errors": len(self.errors)}

    def _moves(self) -> dict[str, list[float]]:
        """The changes of quotas that OVH has made, by login; what a deletion returned is left out."""
        path = next((self.home / "sandbox").glob("*.sqlite"))
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT login, credits FROM quota_moves ORDER BY id").fetchall()
        found: dict[str, list[float]] = {}
        for login, credits_moved in rows:
            found.setdefault(login, []).append(credits_moved)
        gone = {login for login, it in self.wanted.items() if it.settings is None}
        return {login: moves[:-1] if login in gone and moves[-1] < 0 else moves for login, moves in found.items()}


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Carry out the rounds of one command line; returns the counts."""
    from support.sandbox import SandboxProcess

    started, home = time.monotonic(), Path(tempfile.mkdtemp(prefix="ovh_sms_users_"))
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with SandboxProcess(home / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=CREDITS)
        surroundings(home)
        rounds = Rounds(home, sandbox, seed=given.seed, weak=given.weak)
        rounds.prepare()
        rounds.run(given.injected, given.minutes)
        found: dict[str, Any] = {"injected": rounds.injected, **rounds.counts()}
    found |= {"kinds": dict(sorted(rounds.hits.items())), "seconds": round(time.monotonic() - started, 1)}
    for error in rounds.errors[:20]:
        print(error)
    if rounds.errors and not given.weak:
        print(f"Files of what went wrong: {home}")
    else:
        shutil.rmtree(home, ignore_errors=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.users", description=__doc__)
    parser.add_argument("--injected", type=int, default=150, help="go on until so many faults have hit")
    parser.add_argument("--minutes", type=float, default=25, help="start no round after so long")
    parser.add_argument("--seed", type=int, default=1, help="where the boundaries and the kinds begin")
    parser.add_argument("--weak", choices=WEAK, default="", help="switch a guard off")
    parser.add_argument("--json", type=Path, default=Path("build/faults_users.json"), help="where the counts go")
    given = parser.parse_args()
    found = run(given)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(found, indent=2) + "\n")
    broken = {name: found[name] for name in USER_BREACHES if found[name]}
    print(f"{found['injected']} faults, {found['users']} users: {broken or 'no breach'}")
    return 1 if broken or found["injected"] < given.injected else 0


if __name__ == "__main__":
    sys.exit(main())
