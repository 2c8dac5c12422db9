"""The message table of a run, after what can happen to its messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from ovh_sms.dashboard import reading
from ovh_sms.messaging.receiver_zones import PARIS
from unit.dashboard.conftest import KNOWN
from unit.report.report_sample import collect, small

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]


def collected(run_id: str, tag: str, *, number: str = "+336399810") -> None:
    """A run of two messages, to receivers whose numbers begin so."""
    record, messages = small()
    ours = [
        replace(each, tag=tag, outgoing_id=each.outgoing_id + int(tag, 16), receiver=f"{number}{at:02d}")
        for at, each in enumerate(messages)
    ]
    collect(reading.store(), replace(record, run_id=run_id, tag=tag), ours)


def page(web: TestClient, headers: dict[str, str], run_id: str, name: str = "messages", **changes: str) -> str:
    asked = {"dag_id": KNOWN.dag_id, "run_id": run_id, **changes}
    answer = web.get(f"/ovh-sms/{name}?{urlencode(asked)}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_messages_of_an_erased_person_stay_in_the_table(web: TestClient, as_person: AsPerson) -> None:
    collected("manual__erased", "e001")
    reading.store().personal_data.ask_to_erase("+33639981001")
    for name in ("messages", "messages.csv"):
        for numbers in ("", "shown"):
            shown = page(web, as_person("admin"), "manual__erased", name, numbers=numbers)
            assert ">erased<" in shown or ";erased;" in shown
            assert "39981001" not in shown.replace(" ", "")


def test_a_run_whose_messages_were_removed_says_so(web: TestClient, as_person: AsPerson) -> None:
    collected("manual__purged", "e010", number="+336399811")
    reading.store().personal_data.purge("e010")
    shown = page(web, as_person("admin"), "manual__purged")
    removed = reading.store().submissions.get("e010").purged_at
    assert removed is not None
    here = removed.astimezone(ZoneInfo(PARIS))
    assert f"removed on {here.day} {here:%B %Y, %H:%M}" in shown
    assert "2 messages" not in shown
    assert "none is collected yet" not in shown
    assert "messages.csv" not in shown
