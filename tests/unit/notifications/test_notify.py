"""A run is reported through each notifier once, in words, without numbers of persons."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ovh_sms.errors import ConfigurationError
from ovh_sms.notifications.notify import notify
from ovh_sms.report.figures import of_submission
from ovh_sms.report.models import Figures
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.notifiers import FailingNotifier, KeepingNotifier
from support.stores import new_store
from unit.report.report_sample import collect, large

KEEPING, FAILING = "support.notifiers.KeepingNotifier", "support.notifiers.FailingNotifier"
LOG = logging.getLogger(__name__)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    KeepingNotifier.kept.clear()
    FailingNotifier.failures.clear()
    store = new_store(tmp_path / "results.sqlite")
    yield store
    store.close()


@pytest.fixture
def figures(store: Store) -> Figures:
    record, messages = large()
    collect(store, dataclasses.replace(record, sender="+33639980001", submitted=500), messages[:500])
    return of_submission(store, store.submissions.get(record.tag))


def context(run_id: str = "monday") -> Any:
    ti = SimpleNamespace(dag_id="sms_campaign_report", run_id=run_id, task_id="report", map_index=0)
    return {"ti": ti, "dag": None}


def notified(store: Store, figures: Figures, *notifiers: str, run_id: str = "monday", **arguments: Any) -> int:
    entries = [{"notifier": each, "arguments": arguments} for each in notifiers]
    return notify(entries, figures, store=store, context=context(run_id), log=LOG)


def test_a_run_is_reported_once_whichever_task_reports_it(store: Store, figures: Figures) -> None:
    assert [notified(store, figures, KEEPING, run_id=each) for each in ("monday", "monday", "tuesday")] == [1, 0, 0]
    assert len(KeepingNotifier.kept) == 1


def test_the_text_holds_the_funnel_and_no_number_of_a_person(store: Store, figures: Figures) -> None:
    notified(store, figures, KEEPING)
    (kept,) = KeepingNotifier.kept
    assert kept["subject"] == "SMS campaign spring_sale: figures"
    assert f"Rows in the list: {figures.rows:,}" in kept["text"]
    assert f"Delivered: {figures.delivered:,}" in kept["text"]
    assert f"<td>{figures.delivered:,}</td>" in kept["html_content"]
    for said in kept.values():
        assert not re.search(r"\+?\d{9,}|63998", said)


def test_arguments_win_and_may_use_the_texts(store: Store, figures: Figures) -> None:
    notified(store, figures, KEEPING, subject="SMS: {{ sms_title }}", extra="{{ sms_text | length > 40 }}")
    (kept,) = KeepingNotifier.kept
    assert (kept["subject"], kept["extra"]) == ("SMS: SMS campaign spring_sale: figures", "True")


def test_what_stands_in_a_name_is_not_rendered_and_not_markup(store: Store, figures: Figures) -> None:
    hostile = dataclasses.replace(figures, campaign="{{ 7 * 7 }}<script>", run_id="<b>")
    notified(store, hostile, KEEPING)
    (kept,) = KeepingNotifier.kept
    assert "{{ 7 * 7 }}<script>" in kept["text"]
    assert "<script>" not in kept["html_content"]
    assert "49" not in kept["subject"]


def test_a_notifier_that_fails_is_used_again_and_the_others_are_not(store: Store, figures: Figures) -> None:
    FailingNotifier.failures.append("no answer of the mail server")
    with pytest.raises(RuntimeError):
        notified(store, figures, KEEPING, FAILING)
    assert notified(store, figures, KEEPING, FAILING) == 1
    assert len(KeepingNotifier.kept) == 2


def test_a_wrong_notifier_keeps_no_other_from_being_used(store: Store, figures: Figures) -> None:
    FailingNotifier.failures.append("no answer of the mail server")
    with pytest.raises(RuntimeError, match="mail server"):  # tried again, as it may pass
        notified(store, figures, "support.nowhere.Notifier", FAILING, KEEPING)
    assert len(KeepingNotifier.kept) == 1
    with pytest.raises(ConfigurationError, match="nowhere"):
        notified(store, figures, "support.nowhere.Notifier", FAILING, KEEPING)
    assert len(KeepingNotifier.kept) == 2


def test_a_run_with_batches_to_come_is_not_reported_yet(store: Store, figures: Figures) -> None:
    partial = dataclasses.replace(figures, batches=3)
    assert notified(store, partial, KEEPING) == 0
    assert notified(store, figures, KEEPING) == 1


def test_a_opt_out_threshold_that_is_crossed_later_notifies_once_more(store: Store, figures: Figures) -> None:
    assert notified(store, figures, KEEPING) == 1
    crossed = dataclasses.replace(figures, stop_threshold=5.0, opt_outs=9, opt_out_rate=900 / figures.delivered)
    assert [notified(store, crossed, KEEPING), notified(store, crossed, KEEPING)] == [1, 0]
    assert KeepingNotifier.kept[-1]["subject"] == "SMS campaign spring_sale: check its figures"
    assert "STOPs for 1,000 delivered messages: more than the limit of 5." in KeepingNotifier.kept[-1]["text"]


def test_provisional_figures_are_called_so(store: Store, figures: Figures) -> None:
    notified(store, dataclasses.replace(figures, provisional=True, complete=False), KEEPING)
    assert KeepingNotifier.kept[0]["subject"] == "SMS campaign spring_sale: provisional figures"


@pytest.mark.parametrize(
    ("path", "arguments"),
    [("support.notifiers.NoNotifier", {}), ("support.nowhere.Notifier", {}), (KEEPING, {"colour": "red"})],
)
def test_a_notifier_that_cannot_be_made_is_named(
    store: Store, figures: Figures, path: str, arguments: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(path)):
        notified(store, figures, path, **arguments)


def test_a_claim_of_a_task_that_was_killed_passes_to_another(tmp_path: Path) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "claims.sqlite", clock=clock)

    def claim(claimed_by: str) -> bool:
        return store.notifications.claim("sms_campaign_spring", "monday", "figures:0", claimed_by=claimed_by)

    assert [claim("one"), claim("one"), claim("other")] == [True, True, False]
    clock.sleep(11 * 60)
    assert [claim("other"), claim("one")] == [True, False]
    store.notifications.done("sms_campaign_spring", "monday", "figures:0")
    clock.sleep(11 * 60)
    assert [claim("other"), claim("one")] == [False, False]
    store.close()
