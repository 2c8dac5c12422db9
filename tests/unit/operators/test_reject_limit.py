"""A list that has lost a big share of its rows is not sent; an error of the budget says how the message costs less."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.reject_limit import RejectLimit
from ovh_sms.errors import BudgetExceeded, InsufficientCredits, TooManyRejects
from support.campaign_text import GOOD, load
from support.logs import Log, log
from support.sandbox import SandboxProcess
from unit.operators.test_prepare_contacts import nothing_sent, preflight, prepare

__all__ = ["log", "nothing_sent"]

HEADER = "number;prenom\n"
MESSAGE = "Bonjour #prenom#"


def french(accented: int, others: int) -> str:
    """A list in which some names hold a character that OVH refuses."""
    rows = [f"06399800{at:02d};{'Loïc' if at < accented else 'Anna'}" for at in range(accented + others)]
    return HEADER + "\n".join(rows) + "\n"


def check(given: dict[str, Any], tmp_path: Path, limits: str = "") -> dict[str, Any]:
    campaign = load(tmp_path, GOOD + limits)
    return preflight(given, message=MESSAGE, most_rejected=campaign.most_rejected())


def test_a_list_that_loses_more_than_the_limit_is_not_sent(sandbox: SandboxProcess, tmp_path: Path) -> None:
    content = french(41, 58) + "12;Eva\n"
    given = prepare(tmp_path, content, MESSAGE)
    with pytest.raises(TooManyRejects) as caught:
        check(given, tmp_path, "limits: {rejected: 20 %}\n")
    assert str(caught.value) == (
        "42 of 100 rows were rejected for their faults: 42 %; the limit is 20 %. Most of them: not_gsm7 41, "
        "invalid_number 1. Nothing was sent. Set 'transliterate: true' below 'contacts', or correct the list; then "
        "clear the task that prepares it. Or raise 'rejected' below 'limits' in the campaign file, and clear this "
        f"task. The rows are in {given['rejects_path']}."
    )
    assert sandbox.truth(account=sandbox.account_name)["jobs"] == []
    assert check(given, tmp_path, "limits: {rejected: 42 %}\n")["cost"] == 58
    mended = prepare(tmp_path, content, MESSAGE, options={"transliterate": True})
    assert check(mended, tmp_path, "limits: {rejected: 20 %}\n")["cost"] == 99


@pytest.mark.parametrize(
    ("limits", "accented", "is_refused"),
    [
        ("", 20, False),
        ("", 21, True),
        ("limits: {}\n", 21, True),
        ("limits: {rejected: 10.5%}\n", 11, True),
        ("limits: {rejected: 10.5%}\n", 10, False),
        ("limits: {rejected: 30}\n", 30, False),
        ("limits: {rejected: 30}\n", 31, True),
        ("limits: {rejected: 100 %}\n", 99, False),
        ("limits: {rejected: 0}\n", 1, True),
    ],
)
def test_the_limit_is_a_share_or_a_number_of_rows_and_20_percent_without_one(
    sandbox: SandboxProcess, tmp_path: Path, limits: str, accented: int, is_refused: bool
) -> None:
    given = prepare(tmp_path, french(accented, 100 - accented), MESSAGE)
    if not is_refused:
        assert check(given, tmp_path, limits)["cost"] == 100 - accented
        return
    with pytest.raises(TooManyRejects, match=f"^{accented} of 100 rows"):
        check(given, tmp_path, limits)


def test_few_rows_of_a_short_list_stop_nothing_unless_the_file_says_so(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepare(tmp_path, french(9, 1), MESSAGE)
    assert check(given, tmp_path)["cost"] == 1
    with pytest.raises(TooManyRejects, match=r"^9 of 10 rows"):
        check(given, tmp_path, "limits: {rejected: 80 %}\n")


def test_opt_outs_repeats_and_people_without_a_mobile_are_no_loss(sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.block("+33639980001")
    rows = [
        "0639980000;Anna",
        "0639980001;Stop",
        *["0639980000;Anna"] * 20,
        *[f"0{145678901};Bob"] * 20,
        *[";Eva"] * 20,
    ]
    given = prepare(tmp_path, HEADER + "\n".join(rows) + "\n", MESSAGE)
    assert given["rejected"] == {"duplicate": 20, "no_number": 20, "not_mobile": 20, "suppressed": 1}
    assert check(given, tmp_path, "limits: {rejected: 0}\n")["cost"] == 1


def test_a_share_over_the_limit_is_not_shown_as_the_limit(sandbox: SandboxProcess, tmp_path: Path) -> None:
    small = PreparedList.load(Path(prepare(tmp_path, french(1, 1), MESSAGE)["folder"]))
    counts = [(501, 2500), (200_001, 1_000_000), (21, 100), (2, 9), (1, 9)]
    lists = [replace(small, rows=rows, rejected={"not_gsm7": lost}) for lost, rows in counts]
    shown = [RejectLimit(percent=20).describe(each).partition("faults: ")[2].partition(";")[0] for each in lists]
    assert shown == ["20.04 %", "20.0001 %", "21 %", "22.2 %", "11.1 %"]


UNICODE = "À bientôt #prenom# " + "x" * 80


def test_an_error_of_the_budget_says_how_the_message_costs_less(
    sandbox: SandboxProcess, tmp_path: Path, log: Log
) -> None:
    given = prepare(tmp_path, french(0, 62), UNICODE)
    assert (given["credits"], given["gsm7_credits"], given["unicode_text"]) == (124, 62, {"À": "A", "ô": "o"})
    assert "costs 124 credits; write A for À, write o for ô: 62 credits" in log.text
    with pytest.raises(BudgetExceeded) as caught:
        preflight(given, message=UNICODE, budget=100)
    assert caught.value.action == (
        "Nothing was sent. Raise 'budget' to 124 or more in the campaign file, then clear *preflight*. Or write A for "
        "À, write o for ô: it then costs 62 credits, which is within the budget. Then clear *prepare*."
    )
    with pytest.raises(BudgetExceeded, match="and raise it to 62 or more, as that text is still above the budget"):
        preflight(given, message=UNICODE, budget=50)
    sandbox.account(creditsLeft=100)
    with pytest.raises(InsufficientCredits, match=r"at least 24 credits, or shorten the message \(write A for À"):
        preflight(given, message=UNICODE, budget=200)


@pytest.mark.parametrize("message", [MESSAGE, "À bientôt #prenom#"])
def test_a_message_that_costs_no_less_is_left_alone(
    sandbox: SandboxProcess, tmp_path: Path, log: Log, message: str
) -> None:
    given = prepare(tmp_path, french(0, 3), message)
    assert given["gsm7_credits"] == (None if message == MESSAGE else 3)
    with pytest.raises(BudgetExceeded, match=r"to 3 or more in the campaign file.* Or shorten the message or the list"):
        preflight(given, message=message, budget=1)
    assert "write" not in log.text
