"""The usage of a month of a million messages: counted from OVH's exports, stored, and written as files.

``python -m bench.usage FOLDER make`` writes the exports of four users and of the account; ``ours`` measures the
package, ``pandas`` the obvious way: the whole table read at once, then grouped. Each prints JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

MESSAGES = 1_000_000
ACCOUNT = "sms-us00001-1"
MONTH = "2025-10"
USERS = ("anna", "bert", "cara", "dora")
HEADER = "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt\n"
#: Message, its segments.
TEXTS = (
    ("Bonjour {name}, votre colis {at} arrive demain entre 8 h et 12 h.", 1),
    ("Chère {name}, " + "votre commande est prête en magasin. " * 5 + "Dossier {at}", 4),
    ("Bonjour {name}, 20 € offerts ce week-end avec le code {at} …", 1),
)
#: Beginning of numbers, digits to follow, credits of a segment there.
COUNTRIES = (("+3363998", 4, 1.0), ("+32470", 6, 1.5), ("+4915123", 6, 1.75))
RATES = {"33": 1.0, "32": 1.5, "49": 1.75}


def make(folder: Path, messages: int) -> float:
    """Write the exports; returns the credits that the messages took."""
    chance, credits_taken = random.Random(1), 0.0
    files = {name: (folder / f"{name or 'account'}.csv").open("w", encoding="utf-8") for name in (*USERS, "")}
    for file in files.values():
        file.write(HEADER)
    for at in range(messages):
        user = chance.choice((*USERS, "", "", "", ""))
        text, segments = TEXTS[at % 7 % 3]
        begin, digits, rate = COUNTRIES[at % 20 // 18 + (at % 40 == 39)]
        day, second = at % 31 + 1, at % 86_400
        moment = f"{MONTH}-{day:02d} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        receiver = f"{begin}{at % 10**digits:0{digits}d}"
        message = text.format(name=f"P{at % 5000}", at=at)
        row = f"{at};{moment};SHOP{at % 3};{receiver};4;20801;Delivered;t{at % 200};{message};{moment};{moment}\n"
        files[""].write(row)  # OVH lists the messages of users among those of the account, too
        if user:
            files[user].write(row)
        credits_taken += segments * rate
    for file in files.values():
        file.close()
    return credits_taken


def ours(folder: Path) -> dict[str, Any]:
    """Count, reckon, store and write a month as a run of sms_usage_monthly does once the exports are there."""
    from ovh_sms.accounts.usage_computation import ComputedMonth
    from ovh_sms.accounts.usage_costs import Layer
    from ovh_sms.accounts.usage_counts import UsageCounter
    from ovh_sms.accounts.usage_files import write_files
    from ovh_sms.accounts.usage_lines import MonthInput, usage_of
    from ovh_sms.accounts.usage_month import UsageMonth
    from ovh_sms.campaign.account_usage import CREDIT_UNITS, UsageRules

    started = time.perf_counter()
    counter = UsageCounter(edges=("2025-10-04 06:00:00", "2025-11-04 06:00:00"))
    for user in (*USERS, ""):
        counter.count(folder / f"{user or 'account'}.csv", user=user)
    layers = [
        Layer(source=f"order {at}", credits=500_000 * CREDIT_UNITS, without_tax=2_500_000, tax=500_000, currency="EUR")
        for at in range(5)
    ]
    month, rules = UsageMonth.read(MONTH), UsageRules()
    given = MonthInput(
        account=ACCOUNT,
        month=month,
        messages=counter.messages,
        refunded=counter.refunded,
        rates=RATES,
        campaigns={f"t{at}": f"campaign{at % 20}" for at in range(200)},
        opening=layers,
    )
    usage = usage_of(given, rules)
    made = ComputedMonth(record=_record(usage.lines, rules, layers, usage.by_source), lines=usage.lines)
    _store(folder).usage.save(made.record, made.lines)
    write_files(made)
    seconds = time.perf_counter() - started
    assert made.record.messages == MESSAGES, made.record.messages
    return {
        "seconds": seconds,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "lines": len(made.lines),
        "credits": made.record.credits / CREDIT_UNITS,
    }


def _record(lines: Any, rules: Any, layers: Any, by_source: Any) -> Any:
    from datetime import UTC, datetime

    from ovh_sms.store.usage import UsageMonthRecord

    basis: dict[str, Any] = {
        "rules": rules.model_dump(mode="json"),
        "opening": [each.to_json() for each in layers],
        "by_source": dict(by_source),
        **{name: [] for name in ("arrivals", "closing", "tags")},
        "check": None,
    }
    return UsageMonthRecord(
        account=ACCOUNT,
        month=MONTH,
        computed_at=datetime(2025, 11, 4, tzinfo=UTC),
        closed_at=datetime(2025, 11, 4, tzinfo=UTC),
        messages=sum(each.messages for each in lines),
        segments=sum(each.segments for each in lines),
        credits=sum(each.credits for each in lines),
        cost_without_tax=sum(each.cost_without_tax for each in lines),
        tax=sum(each.tax for each in lines),
        currency="EUR",
        not_explained=0,
        has_changed=False,
        basis=basis,
    )


def _store(folder: Path) -> Any:
    from ovh_sms.store.store import Store

    return Store(f"sqlite:///{folder / 'results.sqlite'}")


def with_pandas(folder: Path) -> dict[str, Any]:
    """Read every table at once, join the users, measure each text, group."""
    import pandas as pd

    from ovh_sms.messaging.segments import measure

    started = time.perf_counter()
    tables = [pd.read_csv(folder / f"{user}.csv", sep=";", usecols=["id"]).assign(user=user) for user in USERS]
    table = pd.read_csv(folder / "account.csv", sep=";", dtype={"receiver": str}).merge(
        pd.concat(tables), on="id", how="left"
    )
    table["segments"] = [measure(text).segments for text in table["message"]]
    table["country"] = table["receiver"].str[:3]
    table["credits"] = table["segments"] * table["country"].map({f"+{code}": rate for code, rate in RATES.items()})
    keys = ["user", "tag", "sender", "country"]
    grouped = table.fillna({"user": ""}).groupby(keys)[["segments", "credits"]].sum()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_rss_mb": peak, "credits": float(grouped["credits"].sum())}


def main(folder: Path, what: str) -> dict[str, Any]:
    """Do one part."""
    if what == "make":
        from support.stores import new_store

        new_store(folder / "results.sqlite").close()
        return {"credits": make(folder, MESSAGES)}
    os.environ["OVH_SMS_DATA"] = str(folder / "data")
    (folder / "data").mkdir(exist_ok=True)
    return ours(folder) if what == "ours" else with_pandas(folder)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])), flush=True)
