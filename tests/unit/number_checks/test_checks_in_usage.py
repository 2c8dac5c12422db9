"""The credits of number checks are a line of the account's usage, and explain its balance."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ovh_sms.accounts.usage import compute_usage
from ovh_sms.accounts.usage_computation import ComputedMonth
from ovh_sms.accounts.usage_month import FINAL_AFTER, UsageMonth
from ovh_sms.accounts.usage_page import account_content
from ovh_sms.campaign.account_usage import UsageRules
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.report.language import translator
from support.leaping_time import LeapingTime
from support.number_checks import check, people, prepared
from support.sandbox import SandboxProcess


def closed(month: UsageMonth, leaping: LeapingTime, folder: Path) -> ComputedMonth:
    """The usage of a month, three days after its end."""
    client = OvhSmsHook().client
    leaping.sleep(max(0.0, (month.end + FINAL_AFTER + timedelta(hours=1) - client.time()).total_seconds()))
    return compute_usage(client, ResultsHook().store, month, UsageRules(), folder)


def test_number_checks_are_a_line_and_not_unexplained(
    sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path
) -> None:
    before = UsageMonth.of(OvhSmsHook().client.time())
    closed(before, leaping, tmp_path)
    check(prepared(tmp_path / "list", people(8)))
    found = closed(before.next, leaping, tmp_path)
    assert (found.record.not_explained, found.record.credits, found.record.messages) == (0, 8000, 0)
    (line,) = found.lines
    assert (line.kind, line.payer, line.credits, line.messages) == ("number check", sandbox.account_name, 8000, 0)
    again = closed(before.next, leaping, tmp_path)
    assert (again.record.has_changed, again.lines) == (False, found.lines)
    words = account_content(found.record, found.lines, str, translator("en"))
    (balance,) = [each for each in words["tables"] if each["title"] == "OVH's balance"]
    assert (None, ("Number checks", "-0.8")) in balance["rows"]


def test_number_checks_of_the_first_month_do_not_shift_its_orders(
    sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path
) -> None:
    now = OvhSmsHook().client.time()
    month = UsageMonth.of(now).next
    leaping.sleep((month.start + timedelta(days=1) - now).total_seconds())
    check(prepared(tmp_path / "list", people(8)))
    found = closed(month, leaping, tmp_path)
    (opening,) = found.record.basis["opening"]
    assert opening["credits"] == 1000 * 10_000, "the credits before the first check"
    assert [each.credits for each in found.lines] == [8000]
