"""A simulated quarter through real runs of sms_usage_monthly: its usage is the sandbox's, to the credit and cent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess
from support.usage_ledger import Key, bought, costs, lines
from support.usage_quarter import ACCOUNT, ACCOUNT_FILE, BATCHES, DORA, SOURCE, SPAM

MONTHS = ("2025-09", "2025-10", "2025-11", "2025-12")
COST = ("cost_without_tax", "tax", "cost_with_tax")
RUNS = """
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from support.credit_runs import asset_events, run
from support.own_airflow import set_clock
from support.sandbox import Keys, SandboxProcess
from support.usage_quarter import open_account, play

sandbox = SandboxProcess("unused")
for name, value in json.loads({about!r}).items():
    setattr(sandbox, name, value)
sandbox.keys = Keys(**sandbox.keys)
store = ResultsHook().store
open_account(sandbox, store)
done, since = [], "2025"
for day in ("2025-10-04", "2025-11-04", "2025-12-04", "2026-01-04"):
    play(sandbox, store, since, day)
    since = day
    set_clock(sandbox.control, "06:00", day=day)
    done.append(run(bag, "sms_usage_monthly")["state"])
found = {{"done": done, "events": asset_events("ovh_sms_usage")}}
OvhSmsHook().client.users.delete("bert")
again = bag.dags["sms_usage_monthly"].test(run_conf={{"month": "2025-10"}})
found["again"] = [str(again.state), asset_events("ovh_sms_usage")[-1]]
found["deleted"] = store.usage.month(sandbox.account_name, "2025-10").basis["deleted_users"]
print(json.dumps(found))
"""


def rows_of(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of a month's file; there is no line without a message."""
    found: list[dict[str, Any]] = pq.read_table(event["parquet"]).to_pylist()
    assert {row["kind"] for row in found} == {"sent"}
    return found


def by_line(rows: list[dict[str, Any]], *names: str) -> dict[Key, tuple[Any, ...]]:
    found = {key: tuple(row[name] for name in names) for row in rows for key in [key_in(row)]}
    assert len(found) == len(rows), "no two lines of the same"
    return found


def key_in(row: Mapping[str, Any]) -> Key:
    return row["user_name"], row["tag"], row["sender"], row["country"]


def payer(row: Mapping[str, Any]) -> str:
    """The payer by the account file, as a person reads it."""
    if row["tag"] in ("spring", "edge"):
        return "Marketing"
    return "Shop" if row["campaign"] == "winter" else row["user_name"] or ACCOUNT


def test_the_usage_of_a_quarter_is_the_sandboxs_to_the_credit_and_cent(tmp_path: Path) -> None:
    (tmp_path / "include" / "accounts").mkdir(parents=True)
    (tmp_path / "include" / "accounts" / "shop.yaml").write_text(ACCOUNT_FILE, encoding="utf-8")
    (tmp_path / "dags").mkdir()
    name = "sms_usage_monthly.py"
    (tmp_path / "dags" / name).write_text((ROOT / "dags" / name).read_text(), encoding="utf-8")
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        about = {"url": sandbox.url, "control": sandbox.control, "keys": asdict(sandbox.keys), "account_name": ACCOUNT}
        code = RUNS.format(about=json.dumps(about))
        sandbox.account_name = ACCOUNT
        found = json.loads(run_in_airflow(code, tmp_path, sandbox))
        messages = sandbox.messages(account=ACCOUNT)
        truth = sandbox.truth(account=ACCOUNT)
        source = sandbox.truth(account=SOURCE)["orders"]["by_account"][SOURCE]
    assert found["done"] == ["success"] * 4
    events = {each["month"]: each for each in found["events"]}
    assert list(events) == list(MONTHS)
    stock = bought(truth["orders"]["by_account"][ACCOUNT], truth["transfers"], source)
    assert len({Fraction(sum(each.cents)) / each.credits for each in stock}) == 4, "three orders, one transfer"
    true, paid = lines(messages), costs(messages, stock)
    assert [each.spent == each.credits for each in stock] == [True, True, True, False], "all of them pay"
    for month, event in events.items():
        rows = rows_of(event)
        assert by_line(rows, "messages", "segments", "credits") == true[month], month
        cents = {key: tuple(amount * 100 for amount in line) for key, line in by_line(rows, *COST).items()}
        assert cents == {key: (net, tax, net + tax) for key, (net, tax) in paid[month].items()}, month
        sums = [sum(each[place] for each in paid[month].values()) for place in (0, 1)]
        assert [round(event[name] * 100) for name in COST] == [*sums, sum(sums)], month
        assert event["is_closed"]
        assert event["not_explained"] == (None if month == MONTHS[0] else 0), month
        assert all(row["campaign"] == ("winter" if row["tag"] in BATCHES else "") for row in rows)
        assert [row["payer"] for row in rows] == [payer(row) for row in rows]
        assert ((DORA, "Shop") in {(row["user_name"], row["payer"]) for row in rows}) == (
            month in ("2025-10", "2025-12")
        )
    state, again = found["again"]
    assert (state, again) == ("success", events["2025-10"]), "the same month again, without its user"
    assert found["deleted"] == ["bert"]
    log = (tmp_path / "process.log").read_text()
    assert SPAM[1:] not in log
    for path in (tmp_path / "data" / ".usage").rglob("*.*"):
        assert SPAM[1:].encode() not in path.read_bytes()


def test_a_run_is_the_partition_of_the_month_before(tmp_path: Path) -> None:
    from airflow.sdk import timezone
    from airflow.serialization.serialized_objects import DagSerialization

    from ovh_sms.dag_factories.usage import usage_dag

    dag = usage_dag(tmp_path, schedule="0 6 4 * *", timezone="Europe/Paris")
    kept: Any = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    for at, month in ((timezone.datetime(2026, 11, 4, 5), "2026-10"), (timezone.datetime(2027, 1, 4, 5), "2026-12")):
        assert kept._get_partition_info(at)[1] == month
