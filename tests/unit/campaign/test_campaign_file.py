"""The campaign file: its fields and their bounds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ovh_sms.errors import CampaignFileError
from support.campaign_text import GOOD, load


def test_a_good_file(tmp_path: Path) -> None:
    campaign = load(tmp_path, GOOD + "schedule: '0 10 * * 2'\n")
    assert (campaign.name, campaign.sender, campaign.marketing) == ("spring", "MYSHOP", True)
    assert campaign.submission_arguments()["stop_clause"] is True
    assert campaign.prepare_arguments(Path("/data"))["contacts"] == "/data/a.csv"


@pytest.mark.parametrize(
    ("old", "new", "minutes", "counted"),
    [
        ("", "", 60, True),
        ("marketing", "transactional", 0, False),
        ("sender: MYSHOP", "sender_for_response: true", 0, False),
    ],
)
def test_opt_outs_are_waited_for_and_the_clause_is_counted_only_if_a_stop_is_offered(
    tmp_path: Path, old: str, new: str, minutes: int, counted: bool
) -> None:
    campaign = load(tmp_path, GOOD.replace(old, new))
    assert campaign.submission_arguments()["report"]["stop_window_minutes"] == minutes
    assert campaign.prepare_arguments(Path())["stop_clause"] is counted


def test_the_line_break_of_a_yaml_block_is_not_sent(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("Bonjour", "|\n  Bonjour\n  à tous\n")).message == "Bonjour\nà tous"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sender: MYSHOP", "sender: MYSHOPISTOOLONG", "field `sender`"),
        ("sender: MYSHOP", "send: MYSHOP", "unknown field `send`"),
        ("sender: MYSHOP\n", "", "either `sender` or"),
        ("sender: MYSHOP", "sender: MYSHOP\nsender_for_response: true", "not both"),
        ("kind: marketing", "kind: spam", "field `kind`"),
        ("budget: 10", "budget: 10\nlimits: {rejected: 0.2}", "field `limits.rejected` .*share .*`20 %`, or .*`500`"),
        ("budget: 10", "budget: 10\nlimits: {rejected: 120 %}", "field `limits.rejected` .*`20 %`"),
        ("budget: 10", "budget: 10\nlimits: {rejected: yes}", "field `limits.rejected` .*`20 %`"),
        ("budget: 10", "budget: 10\nlimits: {rejected: -1}", "field `limits.rejected` .*`20 %`"),
        ("budget: 10", "budget: 10\nlimits: 20 %", "write `rejected: 20 %` below `limits:`"),
        ("budget: 10", "budget: 10\nlimits: {rejects: 20 %}", "unknown field `limits.rejects`; did you mean"),
        ("message: Bonjour", "message: ' '", "the message is empty"),
        ("message: Bonjour\n", "", "field `message` is required"),
        ("file: a.csv", "path: a.csv", "unknown field `contacts.path`"),
        ("file: a.csv", "region: FR", "`contacts` is wrong: give exactly one of `file`, `sql` and `http`"),
        ("file: a.csv", "file: a.csv, http: {connection: c, endpoint: e}", "field `contacts` .*exactly one"),
        ("file: a.csv", "file: 'https://example.com/a.csv'", "field `contacts.file` .*connection and an endpoint"),
        ("file: a.csv", "file: a.csv, suppress: ['http://example.com/a']", "field `contacts.suppress` .*endpoint"),
        ("file: a.csv", "file: a.csv, suppress: 3", "field `contacts.suppress`"),
        ("file: a.csv", "file: a.csv, suppress: ''", "field `contacts.suppress`"),
        ("file: a.csv", "file: a.csv, suppress: 'http://example.com/a'", "`contacts.suppress` .*endpoint"),
        ("file: a.csv", "sql: {connection: c}", "field `contacts.sql.query` is required"),
        ("file: a.csv", "sql: {connection: c, query: q}, sheet: A", "`sheet` is for Excel"),
        ("file: a.csv", "file: a.csv, empty: text", "`empty: text` and `default_text` go together"),
        ("file: a.csv", "file: a.csv, default_text: x", "`empty: text` and `default_text` go together"),
        ("file: a.csv", "file: a.csv, empty: skip", "field `contacts.empty`"),
        ("budget: 10", "budget: 0", "field `budget`"),
        ("budget: 10", "budget: 10\nschedule: tomorrow", "give five: minute, hour, day"),
        ("budget: 10", "budget: 10\nschedule: 0 0 10 * * 2", "has 6 fields"),
        ("budget: 10", "budget: 10\nschedule: 0 25 * * 2", "is not a cron expression"),
        ("budget: 10", "budget: 10\nschedule: R 10 * * *", "is not a cron expression"),
        ("budget: 10", "budget: 10\nschedule: H 10 * * *", "is not a cron expression"),
        ("budget: 10", f"budget: 10\nschedule: {'1' * 41} * * *", f"'{'1' * 40}' has 4 fields"),
        ("budget: 10", "budget: 10\nschedule: 0 10 31 2 *", "names days that never come"),
        ("budget: 10", "budget: 10\nschedule: 0 10 31 4,6,9,11 *", "names days that never come"),
        ("budget: 10", "budget: 10\nschedule: {asset: ' '}", "give the name of an Airflow asset"),
        ("budget: 10", "budget: 10\nsend_at: tomorrow", "is not a date and a time"),
        ("budget: 10", "budget: 10\nsend_at: 2026-12-05", "is not a date and a time"),
        ("budget: 10", "budget: 10\nsend_at: 2026-02-30 10:00", "is no moment of the calendar"),
        ("budget: 10", "budget: 10\nsend_at: 2027-03-28 02:30", "skips 2027-03-28 02:30 or shows it twice"),
        (
            "budget: 10",
            "budget: 10\nsend_at: 2026-12-05 10:00\nschedule: '@daily'",
            "give either `schedule` or `send_at`",
        ),
        ("budget: 10", "budget: 10\ntimezone: Paris", "not a time zone"),
        ("budget: 10", "budget: .inf", "field `budget`"),
        ("budget: 10", "budget: .nan", "field `budget`"),
        ("budget: 10", "budget: 1e12", "field `budget`"),
        ("budget: 10", "budget: 10\nmax_lateness_hours: .inf", "field `max_lateness_hours`"),
        ("budget: 10", "budget: 10\nmax_lateness_hours: 1e300", "field `max_lateness_hours`"),
        ("budget: 10", "budget: 10\ncollect_within_hours: 1e300", "field `collect_within_hours`"),
        ("budget: 10", "budget: 10\nstop_window_minutes: 1e300", "field `stop_window_minutes`"),
        ("budget: 10", "budget: 10\nbudget_per_month: 0", "field `budget_per_month`"),
        ("budget: 10", "budget: 10\nwait_for_credits: 0", "field `wait_for_credits`.*greater than 0"),
        ("budget: 10", "budget: 10\nwait_for_credits: 1e9", "field `wait_for_credits`"),
        ("budget: 10", "budget: 10\nwait_for_credits: soon", "field `wait_for_credits`"),
        ("budget: 10", "budget: 10\npoll_interval_seconds: 1e300", "field `poll_interval_seconds`"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(CampaignFileError, match=rf"^spring\.yaml[,:] .*{says}") as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert caught.value.action


@pytest.mark.parametrize("name", ["report.yaml", "cancel.yaml", "Spring Sale.yaml", "é.yaml", "x" * 41 + ".yaml"])
def test_names_that_would_make_a_wrong_dag_id_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CampaignFileError, match="field `name`"):
        load(tmp_path, GOOD, name)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[639980001]", "give phone numbers in quotes"),
        ('"06 39 98 00 01"', "give a list such as"),
        ('["Anna"]', "give phone numbers in quotes"),
        ("[]", "at least 1"),
        ("[" + ", ".join(['"06 39 98 00 01"'] * 11) + "]", "at most 10"),
    ],
)
def test_test_receivers_are_a_few_numbers_in_quotes(tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(CampaignFileError, match="test_receivers") as caught:
        load(tmp_path, f"{GOOD}test_receivers: {given}\n")
    assert said in str(caught.value)
    assert "639980001" not in str(caught.value)


def test_a_wait_beyond_the_time_of_its_run_is_refused(tmp_path: Path) -> None:
    asked = f"{GOOD}approval: {{within_hours: 7}}\n"
    with pytest.raises(CampaignFileError, match="`within_hours` is longer than `max_lateness_hours` \\(6\\)"):
        load(tmp_path, f'{asked}schedule: "0 10 * * 2"\n')
    assert load(tmp_path, asked).approval is not None, "a run that is started by hand is never late"


@pytest.mark.parametrize(("given", "hours"), [("true", 6), ("{within_hours: 2}", 2), ("{by: [alice]}", 6)])
def test_an_approval_is_waited_for_as_long_as_the_run_is_not_late(tmp_path: Path, given: str, hours: int) -> None:
    asked = load(tmp_path, f"{GOOD}approval: {given}\n")
    assert asked.approval_arguments()["within"] == timedelta(hours=hours)
    assert asked.preflight_arguments()["approval"]
    assert asked.submission_arguments()["approval"]


def test_without_an_approval_nobody_is_asked(tmp_path: Path) -> None:
    asked = load(tmp_path, f"{GOOD}approval: false\n")
    assert asked.approval is None
    assert not asked.submission_arguments()["approval"]
