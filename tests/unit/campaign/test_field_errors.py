"""The errors of campaign files: one sentence for each wrong field, in words of the file alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import CampaignFileError
from support.campaign_text import GOOD, load

REMINDER = GOOD.replace("marketing", "transactional")
#: What the author of a file has never written.
INTERNAL = (
    "tuple",
    "literal",
    "function-",
    "constrained",
    "ValidUntilColumn",
    "AssetSchedule",
    "Consent",
    "<",
    "Error",
)


def error_of(folder: Path, text: str) -> str:
    with pytest.raises(CampaignFileError) as caught:
        load(folder, text)
    error = str(caught.value)
    assert not [each for each in INTERNAL if each in error], error
    return error.removesuffix(" Correct the fields named.")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("valid_until: {col: x}", "unknown field `valid_until.col`; did you mean `valid_until.column`?"),
        ("valid_until: {column: rdv, tz: x}", "unknown field `valid_until.tz`."),
        ("valid_until: {}", "field `valid_until.column` is required."),
        ("schedule: {assets: x}", "unknown field `schedule.assets`; did you mean `schedule.asset`?"),
        ("schedule: {asset: ' '}", "field `schedule.asset` is wrong: give the name of an Airflow asset, as in the DAG"),
    ],
)
def test_a_field_of_several_types_has_one_error_of_the_type_that_was_written(
    tmp_path: Path, line: str, says: str
) -> None:
    error = error_of(tmp_path, f"{GOOD}{line}\n")
    assert error.startswith(f"spring.yaml, line 6: {says}")
    assert error.count("field `") == 1


@pytest.mark.parametrize(
    ("consent", "says"),
    [
        ("{colum: x, accept: [Oui]}", "line 6: unknown field `contacts.consent.colum`; did you mean `contacts.consent"),
        ("[{colum: x}]", "line 6: unknown field `contacts.consent[0].colum`; did you mean `contacts.consent[0].column"),
        (
            "\n    - column: a\n      accept: [Oui]\n    - column: b\n      accept: Oui",
            "line 10: field `contacts.consent[1].accept` is wrong: give a list such as [Oui].",
        ),
        ("{column: x, accept: Oui}", "line 6: field `contacts.consent.accept` is wrong: give a list such as [Oui]."),
        (
            "\n    column: x\n    accept: Yes",
            'line 8: field `contacts.consent.accept` is wrong: give a list such as ["Yes"].',
        ),
        (
            "{column: x, accept: [Oui, Yes]}",
            "field `contacts.consent.accept[1]` is wrong: YAML reads Yes as a truth value: put Yes and No in quotes.",
        ),
        ("{column: x}", "field `contacts.consent` is wrong: give the values that allow a message in `accept`"),
        ("[Oui]", "field `contacts.consent[0]` is wrong: give fields such as {column: …}."),
        (
            "Oui",
            "field `contacts.consent` is wrong: give `ignore`, or a rule such as {column: newsletter, accept: [Oui",
        ),
        ("false", "field `contacts.consent` is wrong: give `ignore`, or a rule such as {column: newsletter, accept: ["),
    ],
)
def test_a_rule_of_consent_that_is_wrong(tmp_path: Path, consent: str, says: str) -> None:
    text = GOOD.replace("{file: a.csv}", f"\n  file: a.csv\n  consent: {consent}")
    error = error_of(tmp_path, text)
    assert says in error
    assert error.count("field `") == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("declared_countries: FR", "field `declared_countries` is wrong: give a list such as [FR]."),
        ("declared_countries: FR, ES", "field `declared_countries` is wrong: give a list such as [FR, ES]."),
        ("declared_countries: {FR: 1}", "field `declared_countries` is wrong: give a list."),
        (
            "declared_countries: [NO]",
            "`declared_countries[0]` is wrong: YAML reads NO as a truth value: put NO in quotes",
        ),
        ("account: 123", "field `account` is wrong: YAML reads 123 as a number: put it in quotes."),
        ("description: 2026-12-05", "field `description` is wrong: YAML reads 2026-12-05 as a day: put it in quotes."),
        ("valid_until: 18:00", "field `valid_until` is wrong: YAML reads 18:00 as a number: put the time in quotes."),
        ("valid_until: [a]", "field `valid_until` is wrong: give one text, not a list."),
        ("schedule: {asset: No}", "field `schedule.asset` is wrong: YAML reads No as a truth value: put"),
    ],
)
def test_what_yaml_reads_as_something_else_is_said_with_the_way_to_write_it(
    tmp_path: Path, line: str, says: str
) -> None:
    assert says in error_of(tmp_path, f"{GOOD}{line}\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("valid_until: '25:00'", "field `valid_until` is wrong: '25:00' is not a date and a time such as"),
        ("valid_until: 2027-03-28 02:30", "field `valid_until` is wrong: the clock in Europe/Paris skips 2027-03-28"),
        ("valid_until: rdv", "field `valid_until` is wrong: 'rdv' is not a date and a time such as"),
        ("send_at: demain", "field `send_at` is wrong: 'demain' is not a date and a time such as '2026-12-05 10:00'."),
        ("send_at: 10:00", "field `send_at` is wrong: give a date and a time such as 2026-12-05 10:00."),
        ("send_at: 2027-03-28 02:30", "field `send_at` is wrong: the clock in Europe/Paris skips 2027-03-28 02:30"),
        ("schedule: 18:00", "field `schedule` is wrong: give minute, hour, day, month and weekday, as '0 10 * * 2'"),
        ("schedule: 2026-12-05 10:00:00", "field `schedule` is wrong: give minute, hour, day, month and weekday"),
        ("yes: x", "not readable as YAML: `yes` is no name of a field."),
        ("2026-12-05: x", "not readable as YAML: `2026-12-05` is no name of a field."),
        ("description: 0x_", "not readable as YAML: 0x_ is no number."),
        ("send_at: 2026-13-45", "not readable as YAML: 2026-13-45 is no day of the calendar."),
        ("schedule: tomorrow", "field `schedule` is wrong: 'tomorrow' has 1 fields; give five"),
        ("schedule: 0 10 31 2 *", "field `schedule` is wrong: '0 10 31 2 *' names days that never come"),
        ("sender_for_response: true", "field `sender_for_response` is wrong: give either `sender` or"),
    ],
)
def test_a_wrong_value_is_named_with_file_line_and_field(tmp_path: Path, line: str, says: str) -> None:
    assert error_of(tmp_path, f"{GOOD}{line}\n").startswith(f"spring.yaml, line 6: {says}")


def test_a_wrong_time_hides_no_other_error(tmp_path: Path) -> None:
    error = error_of(tmp_path, f"{GOOD}send_at: demain\npriority: fast\nvalid_until: rdv\n")
    assert [f"field `{name}`" in error.lower() for name in ("send_at", "priority", "valid_until")] == [True] * 3


def test_a_time_zone_that_is_wrong_is_the_only_error(tmp_path: Path) -> None:
    text = f"{GOOD}schedule: 0 10 * * 2\nvalid_until: '18:00'\ntimezone: Paris\n"
    assert error_of(tmp_path, text).count("is wrong") == 1


@pytest.mark.parametrize(("word", "column"), [("rdv", "rdv"), ("date du rdv", "date du rdv"), ("a: b", '"a: b"')])
def test_a_word_as_the_end_may_be_a_column(tmp_path: Path, word: str, column: str) -> None:
    assert f"write `{{column: {column}}}` for a column of the list" in error_of(
        tmp_path, f"{GOOD}valid_until: '{word}'\n"
    )


@pytest.mark.parametrize(
    ("contacts", "says"),
    [
        ("contacts/four.csv", "`contacts` is wrong: write `file: contacts/four.csv` below `contacts:`."),
        ("", "`contacts` is wrong: write `file: …` below `contacts:`."),
        ("~", "`contacts` is wrong: write `file: …` below `contacts:`."),
        ("{sql: SELECT}", "`contacts.sql` is wrong: write `connection: …` and `query: …` below `contacts.sql:`."),
    ],
)
def test_a_value_where_fields_are_wanted(tmp_path: Path, contacts: str, says: str) -> None:
    error = error_of(tmp_path, GOOD.replace("{file: a.csv}", contacts))
    assert error == f"spring.yaml, line 4: field {says}"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("budget: 10", "budget: 10\nduplicates: number", "`duplicates`; did you mean `contacts.duplicates`?"),
        ("budget: 10", "budget: 10\nconsent: ignore", "`consent`; did you mean `contacts.consent`?"),
        ("budget: 10", "budget: 10\nsupress: a", "`supress`; did you mean `contacts.suppress`?"),
        ("budget: 10", "budget: 10\nquery: a", "`query`; did you mean `contacts.sql.query`?"),
        ("budget: 10", "budget: 10\nbudgett: 5", "`budgett`; did you mean `budget`?"),
        ("{file: a.csv}", "\n  file: a.csv\n  sender: A", "`contacts.sender`; did you mean `sender`?"),
        (
            "{file: a.csv}",
            "\n  file: a.csv\n  connection: A",
            "`contacts.connection`; did you mean `connection`, `contacts.sql.connection` or "
            "`contacts.http.connection`?",
        ),
    ],
)
def test_a_field_in_the_wrong_place_is_named_with_the_right_one(tmp_path: Path, old: str, new: str, says: str) -> None:
    error = error_of(tmp_path, GOOD.replace(old, new))
    assert error == f"spring.yaml, line 6: unknown field {says}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{GOOD}night: send\n", "field `night` is wrong: it is of `kind: transactional`"),
        (f"{GOOD}night: hold\n", "field `night` is wrong: it is of `kind: transactional`"),
        (f"{REMINDER}hours: split\n", "field `hours` is wrong: it is of `kind: marketing`"),
        (f"{REMINDER}hours: refuse\n", "field `hours` is wrong: it is of `kind: marketing`"),
    ],
)
def test_hours_of_the_other_kind_are_refused(tmp_path: Path, text: str, says: str) -> None:
    assert error_of(tmp_path, text).startswith(f"spring.yaml, line 6: {says}")


def test_hours_that_fit_the_kind_stay(tmp_path: Path) -> None:
    assert load(tmp_path, f"{REMINDER}night: send\n").night == "send"
    assert load(tmp_path, f"{GOOD}hours: refuse\n").hours == "refuse"


@pytest.mark.parametrize(
    ("start", "until"),
    [
        ("schedule: 0 18 * * *", "'17:00'"),
        ("schedule: 0 18 * * *", "'18:00'"),
        ("schedule: 30,45 17-19 * * 2", "'17:29'"),
        ("schedule: '@daily'", "'00:00'"),
        ("send_at: 2026-12-05 18:00", "'17:00'"),
        ("send_at: 2026-12-05 18:00", "2026-12-05 18:00"),
        ("send_at: 2026-12-05 18:00", "2026-12-04 19:00"),
    ],
)
def test_an_end_before_every_start_is_refused(tmp_path: Path, start: str, until: str) -> None:
    error = error_of(tmp_path, f"{GOOD}{start}\nvalid_until: {until}\n")
    assert error.startswith("spring.yaml, line 7: field `valid_until` is wrong: no run could ever send: ")


@pytest.mark.parametrize(
    ("start", "until"),
    [
        ("schedule: 0 18 * * *", "'18:01'"),
        ("schedule: 30,45 17-19 * * 2", "'17:31'"),
        ("schedule: 0 */6 * * *", "'00:01'"),
        ("schedule: '@hourly'", "'09:30'"),
        ("schedule: {asset: a}", "'09:30'"),
        ("schedule: 0 18 * * *", "2026-12-05 17:00"),
        ("send_at: 2026-12-05 18:00", "2026-12-05 18:01"),
        ("description: by hand", "'09:30'"),
    ],
)
def test_an_end_after_some_start_is_accepted(tmp_path: Path, start: str, until: str) -> None:
    assert load(tmp_path, f"{GOOD}{start}\nvalid_until: {until}\n").valid_until == until.strip("'")


def test_a_name_that_pydantic_uses_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "spring.yaml").write_text(f"{GOOD}<other>: 1\n", encoding="utf-8")
    with pytest.raises(CampaignFileError, match="line 6: unknown field `<other>`"):
        load_file(tmp_path / "spring.yaml", Campaign)
