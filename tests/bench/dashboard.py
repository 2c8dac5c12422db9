"""The pages with 1,000,000 messages, 500 campaigns, 50 open runs and 100,000 replies behind them: times, memory.

``fill`` and the measurement are processes of their own. Prints JSON: the slowest page's 95th percentile and slowest
first view in milliseconds, the largest page, and the memory beyond that of Airflow's own web app.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bench.replies import ALWAYS, save_replies

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from ovh_sms.store.models import SubmissionRecord
    from ovh_sms.store.store import Store

CAMPAIGNS, OPEN_RUNS, REQUESTS = 500, 50, 50
#: One run of five batches, as large as OVH takes them, and a thousand messages for each other campaign.
BATCHES, PER_BATCH, PER_CAMPAIGN = 5, 100_000, 1_000
#: Counts of each open run so far.
POLLS = 100
FIRST_NUMBER = 33_600_000_000
LARGE = {"dag_id": "sms_campaign_0", "run_id": "scheduled__large"}
#: Of a thousand messages: delivery status and operator code.
FATES = (
    *([("delivered", 4)] * 952 + [("failed", 23)] * 22 + [("failed", 24)] * 9),
    *([("expired", 8)] * 12 + [("pending", 3)] * 5),
)
OPERATORS = ("20801", "20810", "20815", "20820")
#: What else is asked of a page, by its path: the choices that a person has there.
CHOICES: dict[str, list[dict[str, str]]] = {
    "/messages": [
        {"order": "number", "descending": "true"},
        {"order": "status", "after": "400000"},
        {"after": "450000"},
        {"status": "expired", "order": "number"},
        {"status": "delivered", "order": "number"},
        {"status": "failed", "country": "32"},
        {"country": "32"},
        {"operator": "20815", "country": "33"},
        {"cause": "phone absent"},
        {"numbers": "shown"},
    ],
    "/inbox": [{"campaign": "campaign_7"}, {"action": "opt_out"}, {"keyword": "OUI", "campaign": "campaign_7"}],
    "/conversation": [{"numbers": "shown"}],
    "/campaigns": [{"q": "99", "period": "all", "order": "credits"}, {"period": "all", "page": "9"}],
}


def fill(folder: Path) -> None:
    """Make the store."""
    from ovh_sms.report.counting import compute
    from support.stores import hasty_store

    store = hasty_store(folder / "results.sqlite")
    now = datetime.now(UTC)
    for at in range(CAMPAIGNS + OPEN_RUNS):
        is_open = at >= CAMPAIGNS
        sent_at = now - timedelta(hours=at - CAMPAIGNS if is_open else at)
        run_id = LARGE["run_id"] if at == 0 else f"scheduled__{at}"
        size = PER_BATCH if at == 0 else PER_CAMPAIGN
        records = [
            _record(f"tag{at:04d}{batch}", f"sms_campaign_{at % CAMPAIGNS}", run_id, size, sent_at, at == 0)
            for batch in range(BATCHES if at == 0 else 1)
        ]
        _start_run(store, records)
        for batch, record in enumerate(records):
            store.submissions.start(record)
            if is_open:
                _count_often(store, record.tag, size, sent_at)
                continue
            first = batch * PER_BATCH if at == 0 else (BATCHES * PER_BATCH + at * PER_CAMPAIGN)
            _insert(store, record.tag, size, first, sent_at)
            store.submissions.finish(record.tag, compute(store, record.tag), complete=True)
    save_replies(store, now, campaigns=CAMPAIGNS, large_run=LARGE["run_id"])
    store.close()


def _record(tag: str, dag_id: str, run_id: str, size: int, sent_at: datetime, large: bool) -> SubmissionRecord:
    from ovh_sms.store.models import SubmissionRecord

    return SubmissionRecord(
        tag=tag,
        campaign=dag_id.removeprefix("sms_"),
        dag_id=dag_id,
        run_id=run_id,
        account="sms-sb00001-1",
        sender="MYSHOP",
        marketing=True,
        message_digest="0" * 64,
        list_digest="1" * 64,
        rows=size,
        accepted=size,
        batches=BATCHES if large else 1,
        credits_estimated=float(size),
        submitted=size,
        refused=0,
        credits_spent=float(size),
        recorded_at=sent_at,
        sent_at=sent_at,
    )


def _start_run(store: Store, records: list[SubmissionRecord]) -> None:
    """Record the run of some submissions, as its tasks do before they submit them."""
    from ovh_sms.store.run_records import BatchRecord, RunRecord

    it, list_tag = records[0], f"c{records[0].tag}"
    people = sum(each.accepted for each in records)
    store.runs.start(
        RunRecord(
            **{name: getattr(it, name) for name in ("dag_id", "run_id", "campaign", "account", "sender", "marketing")},
            list_tag=list_tag,
            started_at=it.sent_at,
            rows=people,
            accepted=people,
            batches=len(records),
            credits_estimated=float(people),
        )
    )
    for number, each in enumerate(records, 1):
        batch = BatchRecord(list_tag=list_tag, batch=number, receivers=each.accepted, credits=float(each.accepted))
        store.runs.named(list_tag, replace(batch, tag=each.tag))


def _count_often(store: Store, tag: str, size: int, began: datetime) -> None:
    """Record the counts of a submission that is waited for."""
    from sqlalchemy import insert

    from ovh_sms.store.run_tables import polls

    same = {"tag": tag, "expected": size, "listed": size, "delivered": 0}
    rows = [{**same, "at": began + timedelta(minutes=at), "final": size * at // POLLS} for at in range(POLLS)]
    with store.database.writing() as connection:
        connection.execute(insert(polls), rows)


def _insert(store: Store, tag: str, size: int, first: int, sent_at: datetime) -> None:
    from sqlalchemy import insert

    from ovh_sms.store import tables

    rows = [
        {
            "account": "sms-sb00001-1",
            "outgoing_id": first + at,
            "tag": tag,
            # every 20,000th is Belgian; numbers come in no order
            "receiver": f"+{FIRST_NUMBER + (first + at) * 7919 % 99_999_989}" if at % 20_000 else f"+3247{at:07d}",
            "sender": "MYSHOP",
            "created_at": sent_at,
            "sent_at": sent_at + timedelta(seconds=at // 50),
            "delivered_at": sent_at + timedelta(seconds=at // 50 + at * 31 % 97),
            "operator_code": FATES[at * 7 % 1000][1],
            "operator": OPERATORS[at % 4],
            "delivery_status": FATES[at * 7 % 1000][0],
            "segments": 1,
        }
        for at in range(size)
    ]
    with store.database.writing() as connection:
        connection.execute(insert(tables.messages), rows)


def measure(folder: Path) -> dict[str, Any]:
    """Ask each page of the app 50 times, and each file once; the pages are those of the app's routes."""
    os.environ["OVH_SMS_DATA"] = str(folder)
    os.environ["AIRFLOW__CORE__AUTH_MANAGER"] = "support.dag_rights.DagRights"
    with _airflow(folder) as web:
        headers = _sign_in(web)
        web.get("/api/v2/version")
        before = _resident_mb()
        times: dict[str, list[float]] = {}
        largest = 0
        for _ in range(REQUESTS):
            for name, address in pages():
                started = time.perf_counter()
                answer = web.get(address, headers=headers)
                times.setdefault(name, []).append(1000 * (time.perf_counter() - started))
                assert answer.status_code == 200, (address, answer.status_code)
                largest = max(largest, len(answer.content))
            times.setdefault("POST /receiver", []).append(_search(web, headers))
        for address in files():
            answer = web.get(address, headers=headers)
            assert answer.status_code in (200, 404), (address, answer.status_code)
        growth = _resident_mb() - before
    slowest = {name: statistics.quantiles(each, n=20)[-1] for name, each in times.items()}
    for name, p95 in sorted(slowest.items(), key=lambda item: -item[1])[:8]:
        print(f"  {p95:8.1f} ms, at first {times[name][0]:8.1f} ms  {name}", flush=True)
    return {
        "p95_ms": max(slowest.values()),
        "first_ms": max(each[0] for each in times.values()),
        "largest_page_kb": largest / 1000,
        "rss_growth_mb": growth,
        "pages": len(times),
    }


def pages() -> Iterator[tuple[str, str]]:
    """Give the address of every page of the app, with each choice that is measured."""
    for path in _paths():
        if not re.search(r"\.\w+$|\{name\}$", path):
            for choice in [{}, *CHOICES.get(path, [])]:
                query = urlencode({**LARGE, **ALWAYS.get(path, {}), **choice})
                yield f"GET {path} {choice or ''}".strip(), f"/ovh-sms{path}?{query}"


def files() -> Iterator[str]:
    """Give the address of every file of the app."""
    from ovh_sms.dashboard import assets

    for path in _paths():
        if path.endswith("{name}"):
            yield from (f"/ovh-sms/static/{assets.version_of(name)}/{name}" for name in assets.files())
        elif re.search(r"\.\w+$", path):
            yield f"/ovh-sms{path}?{urlencode({**LARGE, 'list_tag': 'none'})}"


def _paths() -> list[str]:
    from support.dashboard_routes import routes

    return sorted({path for method, path in routes() if method == "GET"})


def _airflow(folder: Path) -> TestClient:
    from support.dag_rights import PASSWORDS, USERS

    (folder / "passwords.json").write_text(json.dumps(PASSWORDS))
    os.environ |= {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(Path(__file__).resolve().parents[2] / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": USERS,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the measurement, long enough for HS512" * 2,
    }
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb
    from starlette.testclient import TestClient

    initdb()
    _make_dags()
    return TestClient(create_app(apps="core"), base_url="http://127.0.0.1")


def _make_dags() -> None:
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.merge(DagBundleModel(name="tests"))
        session.flush()
        for at in range(CAMPAIGNS):
            session.add(DagModel(dag_id=f"sms_campaign_{at}", bundle_name="tests", fileloc="/dags/campaigns.py"))


def _sign_in(web: TestClient) -> dict[str, str]:
    from support.dag_rights import PASSWORDS

    body = {"username": "admin", "password": PASSWORDS["admin"]}
    token = web.post("/auth/token", json=body).json()["access_token"]
    web.cookies.clear()
    return {"Authorization": f"Bearer {token}"}


def _search(web: TestClient, headers: dict[str, str]) -> float:
    token = re.findall(r'name="token" value="(\w+)"', web.get("/ovh-sms/receiver", headers=headers).text)[0]
    started = time.perf_counter()
    answer = web.post("/ovh-sms/receiver", data={"token": token, "number": "+32470020000"}, headers=headers)
    assert answer.status_code == 200
    return 1000 * (time.perf_counter() - started)


def _resident_mb() -> float:
    import resource

    resident = int(Path("/proc/self/statm").read_text().split()[1])
    return resident * resource.getpagesize() / 2**20


if __name__ == "__main__":
    if len(sys.argv) > 2:
        fill(Path(sys.argv[1]))
        print("{}")
    else:
        print(json.dumps(measure(Path(sys.argv[1]))))
