"""The usage of a month in a real browser: the pages of Airflow, and the annexes as files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ovh_sms.accounts.usage_files import write_files
from support import axe, screens
from support.airflow_pages import AirflowPages, airflow_pages
from support.browser import Page, chromium
from support.stores import new_store
from support.usage_sample import ACCOUNT, usage_month

__all__ = ["chromium"]

pytestmark = pytest.mark.timeout(600)
TEXT = "document.body.innerText.replace(/\\s+/g, ' ')"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowPages]:
    home = tmp_path_factory.mktemp("usage")
    store = new_store(home / "data" / "results.sqlite")
    now, earlier = usage_month(), usage_month(has_changed=True)
    store.usage.save(now.record, now.lines)
    store.usage.save(replace(earlier.record, month="2026-09", not_explained=None), earlier.lines)
    store.close()
    with airflow_pages(home, ["sms_usage_monthly", "sms_credits_topup"]) as running:
        yield running


def test_the_pages_show_the_months_their_payers_and_the_difference(served: AirflowPages, chromium: Page) -> None:
    served.sign_in(chromium, "vic")
    chromium.open(f"{served.address}/ovh-sms/usage", width=1400)
    shown = chromium.value(TEXT)
    assert "October 2026" in shown
    assert "closed; OVH shows other figures since: +3 messages, +3 credits" in shown
    chromium.follow("table a[href*='2026-10']")
    shown = chromium.value(TEXT)
    record = usage_month().record
    assert f"{record.cost_without_tax / 100:,.2f} EUR" in shown
    assert "Not explained" in shown
    chromium.follow("a[href*='payer=Marketing']")
    assert "SMS usage of Marketing" in chromium.value(TEXT)
    assert axe.faults(chromium) == []
    month = f"usage?account={ACCOUNT}&month=2026-10"
    for name, page in (("months", "usage"), ("month", month), ("payer", f"{month}&payer=Marketing")):
        screens.take(chromium, f"{served.address}/ovh-sms/{page}", f"usage_{name}")
    table = served.get(f"usage.csv?account={ACCOUNT}&month=2026-10&payer=Support", "vic").text.splitlines()
    assert [line.split(";")[3:5] for line in table[1:]] == [["Support", "helpdesk"]] * 2


def test_the_annexes_fit_every_screen(tmp_path: Path, chromium: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    files = write_files(usage_month())
    for payer in ("", "Marketing"):
        for theme in screens.THEMES:
            chromium.system_theme(theme)
            for width in screens.WIDTHS:
                chromium.open(files.pages[payer].as_uri(), width=width)
                assert not chromium.value(screens.TOO_WIDE)
                assert chromium.complaints == []
                name = f"usage_annex_{payer.lower() or 'account'}_{width}_{theme}.png"
                chromium.screenshot(screens.SCREENS / name)
    chromium.system_theme("light")
