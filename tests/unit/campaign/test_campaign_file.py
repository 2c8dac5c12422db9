"""The campaign file: what it takes, and what it says about what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import field_validator

from ovh_sms.campaign.campaign_file import Campaign, Topup, load_topups
from ovh_sms.campaign.yaml_files import InvalidFile, NamedFile, load_file, load_folder
from ovh_sms.errors import CampaignFileError
from ovh_sms.messaging.tag import submission_tag

GOOD = "sender: MYSHOP\nkind: marketing\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 10\n"


def load(folder: Path, text: str, name: str = "spring.yaml") -> Campaign:
    (folder / name).write_text(text, encoding="utf-8")
    return load_file(folder / name, Campaign)


def test_a_good_file(tmp_path: Path) -> None:
    campaign = load(tmp_path, GOOD + "schedule: '0 10 * * 2'\n")
    assert (campaign.name, campaign.sender, campaign.marketing) == ("spring", "MYSHOP", True)
    assert campaign.sending()["stop_clause"] is True
    assert campaign.preparing(Path("/data"))["contacts"] == "/data/a.csv"


def test_stops_are_waited_for_only_where_they_are_offered(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).sending()["report"]["stop_window_minutes"] == 60
    transactional = load(tmp_path, GOOD.replace("marketing", "transactional"))
    assert transactional.sending()["report"]["stop_window_minutes"] == 0
    answerable = load(tmp_path, GOOD.replace("sender: MYSHOP", "sender_for_response: true"))
    assert answerable.sending()["report"]["stop_window_minutes"] == 0
    assert answerable.preparing(Path())["stop_clause"] is False  # nothing is appended, so nothing is counted


def test_the_line_break_of_a_yaml_block_is_not_sent(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("Bonjour", "|\n  Bonjour\n  à tous\n")).message == "Bonjour\nà tous"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sender: MYSHOP", "sender: MYSHOPISTOOLONG", "field 'sender'"),
        ("sender: MYSHOP", "send: MYSHOP", "field 'send' is not known"),
        ("sender: MYSHOP\n", "", "either 'sender' or"),
        ("sender: MYSHOP", "sender: MYSHOP\nsender_for_response: true", "not both"),
        ("kind: marketing", "kind: spam", "field 'kind'"),
        ("message: Bonjour", "message: ' '", "the message is empty"),
        ("message: Bonjour\n", "", "field 'message' is required"),
        ("file: a.csv", "path: a.csv", "field 'contacts.path' is not known"),
        (
            "file: a.csv",
            "region: FR",
            "field 'contacts' is wrong: give exactly one of 'file', 'sql' and 'http'",
        ),
        ("file: a.csv", "file: a.csv, http: {connection: c, endpoint: e}", "field 'contacts' .*exactly one"),
        (
            "file: a.csv",
            "file: 'https://example.com/a.csv'",
            "field 'contacts.file' .*connection and an endpoint",
        ),
        (
            "file: a.csv",
            "file: a.csv, suppress: ['http://example.com/a']",
            "field 'contacts.suppress' .*endpoint",
        ),
        ("file: a.csv", "file: a.csv, suppress: 3", "field 'contacts.suppress'"),
        ("file: a.csv", "file: a.csv, suppress: ''", "field 'contacts.suppress.0'"),
        ("file: a.csv", "file: a.csv, suppress: 'http://example.com/a'", "'contacts.suppress' .*endpoint"),
        ("file: a.csv", "sql: {connection: c}", "field 'contacts.sql.query' is required"),
        ("file: a.csv", "sql: {connection: c, query: q}, sheet: A", "'sheet' is for Excel"),
        ("file: a.csv", "file: a.csv, empty: text", "'empty: text' and 'default_text' go together"),
        ("file: a.csv", "file: a.csv, default_text: x", "'empty: text' and 'default_text' go together"),
        ("file: a.csv", "file: a.csv, empty: skip", "field 'contacts.empty'"),
        ("budget: 10", "budget: 0", "field 'budget'"),
        ("budget: 10", "budget: 10\nschedule: tomorrow", "not a cron expression"),
        ("budget: 10", "budget: 10\ntimezone: Paris", "not a time zone"),
        ("budget: 10", "budget: 10\nname: other", "the file's own name"),
        ("kind: marketing", "kind: [", r"spring\.yaml, line 4: not readable as YAML: this does not fit"),
        (
            "message: Bonjour",
            'message: "Bonjour',
            r"^spring\.yaml, line 3: not readable as YAML: the quote that opens here is not closed\. Correct",
        ),
        ("message: Bonjour", "message: 'l'été'", "line 3: .*look for a missing quote"),
        ("message: Bonjour", "message: Bonjour : oui", "line 3: .*put a text that holds one in quotes"),
        ("budget: 10", "\tbudget: 10", "line 5: .*indent with blanks"),
        ("message: Bonjour", "message: *x", "line 3: not readable as YAML: found undefined alias"),
        ("message: Bonjour", "message: \0", r"not readable as YAML: the character U\+0000 is not allowed"),
        ("kind: marketing", "kind: " + "[" * 2000, "not readable as YAML"),
        ("budget: 10", "budget: 10\nschedule: 2026-13-45", "not readable as YAML: month must be"),
        ("budget: 10", "budget: .inf", "field 'budget'"),
        ("budget: 10", "budget: .nan", "field 'budget'"),
        ("budget: 10", "budget: 1e12", "field 'budget'"),
        ("budget: 10", "budget: 10\nmax_lateness_hours: .inf", "field 'max_lateness_hours'"),
        ("budget: 10", "budget: 10\nmax_lateness_hours: 1e300", "field 'max_lateness_hours'"),
        ("budget: 10", "budget: 10\ncollect_within_hours: 1e300", "field 'collect_within_hours'"),
        ("budget: 10", "budget: 10\nstop_window_minutes: 1e300", "field 'stop_window_minutes'"),
        ("budget: 10", "budget: 10\npoll_interval_seconds: 1e300", "field 'poll_interval_seconds'"),
        (
            "budget: 10",
            "budget: 10\npriority: low\nbudget: 99999",
            "'budget' is given twice, on lines 5 and 7",
        ),
        ("{file: a.csv}", "{file: a.csv, file: b.csv}", "'file' is given twice, on lines 4 and 4"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(CampaignFileError, match=says) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert "spring.yaml" in str(caught.value)
    assert caught.value.action


def test_every_wrong_field_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(CampaignFileError) as caught:
        load(tmp_path, GOOD.replace("budget: 10", "budget: x").replace("marketing", "spam"))
    assert "'budget'" in str(caught.value)
    assert "'kind'" in str(caught.value)


@pytest.mark.parametrize("name", ["report.yaml", "Spring Sale.yaml", "é.yaml", "x" * 41 + ".yaml"])
def test_names_that_would_make_a_wrong_dag_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(CampaignFileError, match="field 'name'"):
        load(tmp_path, GOOD, name)


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: [")
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "c.yaml").write_text("just words")
    found = list(load_folder(tmp_path, Campaign))
    assert [type(each) for each in found] == [InvalidFile, Campaign, InvalidFile]
    assert [each.name for each in found] == ["a", "b", "c"]


def test_values_merged_in_yaml_are_no_keys_given_twice(tmp_path: Path) -> None:
    text = GOOD.replace("{file: a.csv}", "{<<: &kept {file: a.csv, region: BE}, file: b.csv}")
    assert load(tmp_path, text).contacts.model_dump(include={"file", "region"}) == {
        "file": "b.csv",
        "region": "BE",
    }


class Odd(NamedFile):
    """A model with a defect: it fails in a way that nobody foresaw."""

    number: int = 1

    @field_validator("number")
    @classmethod
    def _fails(cls, number: int) -> int:
        if not number:
            raise ZeroDivisionError("no number")
        return number


def test_a_file_that_fails_in_an_unforeseen_way_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("number: 0")
    (tmp_path / "b.yaml").write_text("number: 2")
    broken, good = load_folder(tmp_path, Odd)
    assert isinstance(broken, InvalidFile)
    assert "a.yaml: cannot be used: ZeroDivisionError: no number" in str(broken.error)
    assert isinstance(good, Odd)


def test_two_files_of_one_name_are_both_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "a.yml").write_text(GOOD)
    (found,) = load_folder(tmp_path, Campaign)
    assert isinstance(found, InvalidFile)
    assert "a.yaml and a.yml" in str(found.error)


def test_topup_needs_a_maximum_price(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text("threshold: 100\nquantity: 1000\n")
    with pytest.raises(CampaignFileError, match="field 'max_price' is required"):
        load_file(tmp_path / "main.yaml", Topup)


@pytest.mark.parametrize("wrong", ["threshold: .inf", "max_price: .inf", "threshold: 1e9", "max_price: 1e9"])
def test_topup_has_bounds(tmp_path: Path, wrong: str) -> None:
    field = wrong.split(":")[0]
    lines = {
        "threshold": "threshold: 100",
        "quantity": "quantity: 1000",
        "max_price": "max_price: 5",
        field: wrong,
    }
    (tmp_path / "main.yaml").write_text("\n".join(lines.values()))
    with pytest.raises(CampaignFileError, match=f"field '{field}'"):
        load_file(tmp_path / "main.yaml", Topup)


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ({"a": "", "b": ""}, {"a", "b"}),
        ({"a": "account: sms-aa1-1", "b": "account: sms-aa1-1"}, {"a", "b"}),
        ({"a": "account: sms-aa1-1", "b": ""}, {"a", "b"}),
        ({"a": "account: ''", "b": "account: sms-aa1-1"}, {"a", "b"}),
        ({"a": "account: sms-aa1-1", "b": "account: sms-aa1-2"}, set()),
        ({"a": "account: sms-aa1-1", "b": "account: sms-aa1-2", "c": ""}, {"a", "b", "c"}),
        ({"a": "", "b": "connection: other"}, set()),
        ({"a": "", "b": "", "c": "connection: other"}, {"a", "b"}),
    ],
)
def test_two_topups_never_order_for_one_account(
    tmp_path: Path, files: dict[str, str], refused: set[str]
) -> None:
    for name, more in files.items():
        (tmp_path / f"{name}.yaml").write_text(f"threshold: 100\nquantity: 1000\nmax_price: 5\n{more}\n")
    found = load_topups(tmp_path)
    assert [each.name for each in found] == sorted(files)
    broken = {each.name: str(each.error) for each in found if isinstance(each, InvalidFile)}
    assert set(broken) == refused
    for name, error in broken.items():
        assert f"'{name}'" in error
        assert any(f"in '{other}'" in error for other in refused - {name})
        assert "Name a different 'account' in each" in error


def test_tags_differ_for_every_sending_and_never_by_try() -> None:
    given = [
        (f"d{a}", f"r{b}", f"t{c}", d)
        for a in range(3)
        for b in range(3)
        for c in range(3)
        for d in (-1, 0, 1)
    ]
    tags = {submission_tag(*each) for each in given}
    assert len(tags) == len(given)
    assert all(len(tag) == 20 and tag.isascii() and tag.isalnum() for tag in tags)
    # Fixed for good: a change of this value would let a retry after an upgrade send again.
    assert submission_tag("a", "b", "c") == submission_tag("a", "b", "c", -1) == "cirgs33tlstsgd52uudx"


@pytest.mark.parametrize(
    "message",
    [
        "Bonjour #prenom#, on ouvre",
        "#prenom#, on ouvre",
        "Bonjour\n  #prenom#, on ouvre",
        "Bonjour à tous\n\n  #prenom#",
    ],
)
def test_a_message_that_yaml_would_cut_is_refused(tmp_path: Path, message: str) -> None:
    """`#column#` without quotes is a comment to YAML: the receivers would get 'Bonjour'."""
    with pytest.raises(CampaignFileError, match="in double quotes"):
        load(tmp_path, GOOD.replace("message: Bonjour", f"message: {message}"))


@pytest.mark.parametrize(
    "written",
    ['"Bonjour #prenom#" # said so', "'Bonjour #prenom#'", ">-\n  Bonjour\n  #prenom#", "Bonjour#prenom#"],
)
def test_a_message_that_yaml_reads_whole(tmp_path: Path, written: str) -> None:
    campaign = load(tmp_path, GOOD.replace("message: Bonjour", f"message: {written}"))
    assert campaign.message.replace(" ", "") == "Bonjour#prenom#"


def contacts(folder: Path, text: str) -> dict[str, object]:
    return load(folder, GOOD.replace("{file: a.csv}", text)).preparing(Path("/data"))


def test_where_contacts_come_from(tmp_path: Path) -> None:
    given = contacts(
        tmp_path, "{file: b.xlsx, sheet: Clients, suppress: [stop.csv, 's3://c@bucket/stop.csv']}"
    )
    assert (given["contacts"], given["sheet"]) == ("/data/b.xlsx", "Clients")
    assert given["suppress"] == ["/data/stop.csv", "s3://c@bucket/stop.csv"]
    assert contacts(tmp_path, "{file: b.csv, suppress: stop.csv}")["suppress"] == ["/data/stop.csv"]
    assert contacts(tmp_path, "{file: 's3://c@bucket/a.csv'}")["contacts"] == "s3://c@bucket/a.csv"
    sql = contacts(tmp_path, "{sql: {connection: crm, query: SELECT 1}}")
    assert sql["contacts"] == {"sql": {"connection": "crm", "query": "SELECT 1"}}
    http = contacts(tmp_path, "{http: {connection: crm, endpoint: lists/a.csv}}")
    assert http["contacts"] == {"http": {"connection": "crm", "endpoint": "lists/a.csv"}}


def test_the_options_are_those_of_the_engine(tmp_path: Path) -> None:
    from ovh_sms.contacts.options import ContactOptions

    plain = contacts(tmp_path, "{file: a.csv}")["options"]
    assert ContactOptions(**plain) == ContactOptions()  # type: ignore[arg-type]
    text = contacts(tmp_path, "{file: a.csv, empty: text, default_text: client, transliterate: true}")[
        "options"
    ]
    assert ContactOptions(**text) == ContactOptions(empty_text="client", transliterate=True)  # type: ignore[arg-type]
    reject = contacts(tmp_path, "{file: a.csv, empty: reject}")["options"]
    assert ContactOptions(**reject) == ContactOptions(empty="reject")  # type: ignore[arg-type]
    types = contacts(tmp_path, "{file: a.csv, also_accept: [fixed_line, voip]}")["options"]
    assert ContactOptions(**types) == ContactOptions(also_accept=("fixed_line", "voip"))  # type: ignore[arg-type]


def test_types_of_numbers_that_no_campaign_may_accept_are_refused(tmp_path: Path) -> None:
    for wrong in ("[landline]", "[premium_rate]", "fixed_line"):
        with pytest.raises(CampaignFileError, match=r"field 'contacts\.also_accept.*' is wrong"):
            contacts(tmp_path, f"{{file: a.csv, also_accept: {wrong}}}")
