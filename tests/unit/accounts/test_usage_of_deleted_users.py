"""A user that is deleted later: the closed months keep its lines, are not called changed, and are not opened again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ovh_sms.accounts.usage import compute_usage
from ovh_sms.accounts.usage_changes import deleted_users, difference_of
from ovh_sms.accounts.usage_computation import ComputedMonth
from ovh_sms.accounts.usage_month import UsageMonth
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.campaign.account_usage import CREDIT_UNITS, UsageRules
from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.usage import SENT, UsageLine
from support.cli import Command
from support.sandbox import SandboxProcess
from support.users import Account

NUMBERS = [f"+336399803{at:02d}" for at in range(12)]
RULES = UsageRules.model_validate({"payers": [{"payer": "Support", "users": ["desk"]}]})


@pytest.fixture(params=["both", "user"])
def october(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> Iterator[SandboxProcess]:
    """The account and its user have sent under the same tag in October; it is November.

    OVH lists a user's messages among the account's too, or not.
    """
    Account(sandbox).add_user("desk")
    # nothing is refunded
    sandbox.features(ends={number: [1, 1] for number in NUMBERS}, user_messages=request.param)
    set_to(sandbox, "2025-10-10T10:00:00+02:00")
    send("desk", NUMBERS[:5])
    send("", NUMBERS[5:7])
    set_to(sandbox, "2025-11-04T06:00:00+01:00")
    yield sandbox
    sandbox.clock(offset=0.0)


def set_to(sandbox: SandboxProcess, moment: str) -> None:
    sandbox.clock(offset=datetime.fromisoformat(moment).timestamp() - datetime.now(UTC).timestamp())


def send(user: str, numbers: list[str]) -> None:
    about = {"message": "Bonjour", "stop_clause": False, "tag": "news", "sender": "MYSHOP", "user": user or None}
    OvhSmsHook().client.as_user(user).jobs.submit(SubmissionRequest(receivers=numbers, **about))


def computed(folder: Path, *, reopen: bool = False) -> ComputedMonth:
    month = UsageMonth.read("2025-10")
    return compute_usage(OvhSmsHook().client, ResultsHook().store, month, RULES, folder, reopen=reopen)


@pytest.fixture
def ovh_sms(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("OVH_SMS_INCLUDE", str(tmp_path))
    return Command(capsys)


def test_a_closed_month_has_not_changed_because_its_user_was_deleted(
    october: SandboxProcess, tmp_path: Path, ovh_sms: Command
) -> None:
    closed = computed(tmp_path)
    assert {each.payer: each.messages for each in closed.lines} == {"Support": 5, october.account_name: 2}
    OvhSmsHook().client.users.delete("desk")
    found = computed(tmp_path)
    assert (found.record.has_changed, found.lines) == (False, closed.lines)
    assert found.record.basis["deleted_users"] == ["desk"]
    with pytest.raises(ConfigurationError, match=r"no longer lists these users .* desk\. Its figures stay"):
        computed(tmp_path, reopen=True)
    assert computed(tmp_path).lines == closed.lines
    set_to(october, "2025-10-30T10:00:00+01:00")
    send("", NUMBERS[7:8])
    set_to(october, "2025-11-05T06:00:00+01:00")
    late = computed(tmp_path).record
    shown = ovh_sms("usage", "--account", october.account_name, "--month", "2025-10").out
    assert "OVH no longer lists the users desk: their lines stay as they were closed." in shown
    assert "+1 messages, +1 credits, in 1 lines." in shown
    assert "--reopen" not in shown
    assert late.has_changed
    assert late.basis["difference"] == {"messages": 1, "segments": 1, "credits": 1.0, "lines": 1}


def line(user: str, messages: int) -> UsageLine:
    about = {"kind": SENT, "payer": user or "account", "campaign": "", "tag": "t", "sender": "S", "country": "FR"}
    money = {"credits_refunded": 0, "credits_unpriced": 0, "cost_without_tax": 0, "tax": 0}
    amounts = {"messages": messages, "segments": messages, "credits_taken": messages * CREDIT_UNITS}
    return UsageLine(user_name=user, **about, **amounts, **money)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "more"),
    [
        ([line("", 7)], None),  # OVH lists them among the account's
        ([line("", 2)], None),  # or nowhere
        ([line("", 8)], 1),
        ([line("", 3)], 1),
        ([line("", 1)], -1),
        ([line("", 6)], -1),
        ([line("", 7), line("anna", 1)], 1),
        ([], -2),
    ],
)
def test_the_messages_of_a_deleted_user_are_the_accounts_or_nowhere(shown: list[UsageLine], more: int | None) -> None:
    kept = [line("", 2), line("desk", 5)]
    found = difference_of(kept, shown, ("desk",))
    assert (found and found["messages"]) == more
    assert deleted_users(kept, {"anna"}) == ("desk",)
    assert deleted_users(kept, {"desk"}) == ()


def test_a_user_that_sent_alone_under_its_tag_leaves_no_line_of_the_account() -> None:
    kept = [line("desk", 5)]
    for shown in ([line("", 5)], []):
        assert difference_of(kept, shown, ("desk",)) is None
    other = replace(line("", 1), tag="u")
    found = difference_of(kept, [line("", 5), other], ("desk",))
    assert found == {"messages": 1, "segments": 1, "credits": 1.0, "lines": 1}
    assert difference_of(kept, [line("", 5)]) is not None, "the user is listed"
