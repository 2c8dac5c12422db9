"""The JSON Schemas for editors accept what the models accept, and refuse what a schema can refuse."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.json_schema import file_schema
from ovh_sms.campaign.strict_yaml import read_yaml
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import CampaignFileError
from support.pages import PAGES, ROOT, blocks

KINDS = {"campaign": Campaign, "account": AccountFile}
COMMITTED = {kind: ROOT / "include" / f"{kind}s" / f"{kind}.schema.json" for kind in KINDS}

#: Files that hold every field, in one way or another.
WHOLE = {
    "campaign": [
        """
description: all
timezone: Europe/Paris
schedule: "0 10 * * 2"
connection: ovh_sms_default
account: sms-xx12345-1
user: desk
sender: MYSHOP
kind: marketing
message: Bonjour
contacts:
  file: a.csv
  sheet: One
  suppress: [b.csv]
  empty: text
  default_text: x
  transliterate: true
  number_column: mobile
  region: FR
  also_accept: [fixed_line]
  hidden_rows: send
  date_format: "%d/%m/%Y"
  separator: ";"
  encoding: utf-8
  line_breaks: keep
  header_line: 2
  repair_encoding: true
  missing: [x]
  escaped_text: decode
  encode_addresses: true
  country_column: country
  consent: [{column: optin, accept: [Oui], max_age_months: 12, date_column: day}]
  duplicates: number_and_text
budget: 100
budget_per_month: 1000
wait_for_credits: 3
limits: {rejected: 20 %, rows: 100, growth: 2, rejected_growth: 1.5, price: 10}
approval: {by: [me], within_hours: 2}
empty_list: skip
declared_countries: [ES]
priority: low
validity_hours: 24
collect_within_hours: 24
stop_window_minutes: 30
poll_interval_seconds: 60
max_lateness_hours: 6
leave_within_hours: 2
hours: split
valid_until: "18:00"
pace: 5000 per hour
pilot: {count: 100, wait_hours: 2, min_delivered: 80 %, max_stop_rate: 5}
batch_size: 1000
stop_threshold: 5
dead_after: 3
test_receivers: ["06 39 98 00 01"]
replies: {keywords: [{words: [YES, 1], event: confirmed, anywhere: true}], key: id}
notify: [{notifier: airflow.providers.smtp.notifications.smtp.SmtpNotifier, arguments: {to: a}, language: fr}]
""",
        """
send_at: 2026-12-05 10:00
sender_for_response: yes
kind: transactional
night: send
message: Bonjour
contacts: {sql: {connection: crm, query: SELECT 1}, suppress: b.csv, consent: {column: a, accept: [x]}}
budget: "100"
wait_for_credits: true
limits: {rejected: 500}
approval: true
pilot: 100
via: ovh_batches
valid_until: {column: until}
""",
        """
schedule: {asset: orders}
sender: A
kind: transactional
message: Bonjour
contacts: {http: {connection: crm, endpoint: list}, consent: ignore, country_column: false}
budget: 1
valid_until: 2026-12-05 18:00:00
""",
    ],
    "account": [
        """
connection: c
account: a
threshold: 1000
quantity: 5000
max_price: 500
max_per_month: 1000
approval: {above: 100, by: [me], within_hours: 3}
pay: default_method
notify: [{notifier: airflow.providers.smtp.notifications.smtp.SmtpNotifier}]
notify_link: ovh
transfer: {from: other, keep: 10}
replies: {keywords: [{words: [No], event: refused}]}
dead_after: 3
ovh_batches_merge: true
users:
  approval: true
  logins:
    desk: {password_conn_id: c, quota: 100, refill: monthly, receipts_to: https://a.example/r, ip_limits: ["192.0.2.1"]}
    shop: {quota: off, alert: {below: 10, email: a@b.fr, number: "+33639980001"}, opt_outs_to: off}
    gone: {absent: true}
    as_it_is:
usage: {tariff: {credit: 0.05, tax_percent: 20, currency: EUR}, payers: [{payer: A, users: [desk]}], language: fr}
""",
        "recredit: {threshold: 100, quantity: 500}\n",
        "recredit: off\ncover_days: 14\npacks: [100, 500]\nmax_price: 10\nusers: {logins: {a: {alert: off}}}\n",
    ],
}
#: In the place of any value; most of them are wrong.
OTHERS: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    3,
    2.5,
    10**12,
    "",
    "x",
    "off",
    "12",
    "yes",
    "x" * 300,
    [],
    ["x"],
    [1],
    {},
    {"nobody": 1},
    {"x": {}},
]


def plain(value: Any) -> Any:
    """A value as an editor has it, which knows no days."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def is_good(kind: str, content: Any) -> bool:
    try:
        KINDS[kind].model_validate({**content, "name": "some"})
    except ValueError:
        return False
    return True


def validator(kind: str) -> Draft7Validator:
    schema = file_schema(KINDS[kind])
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def content_of(text: str, folder: Path) -> Any:
    path = folder / "some.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path).content


def spots(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value of a file."""
    if above:
        yield above
    each = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in each:
        yield from spots(below, (*above, key))


def changed(content: Any, place: tuple[Any, ...], value: Any) -> Any:
    content = copy.deepcopy(content)
    *above, last = place
    at = content
    for key in above:
        at = at[key]
    at[last] = value
    return content


def mutants(content: Any) -> Iterator[tuple[str, Any]]:
    """The content with one value replaced, removed, or one more."""
    for place in spots(content):
        for other in OTHERS:
            yield f"{place}: {other!r}", changed(content, place, other)
        *above, last = place
        if isinstance(last, str):
            at = without = copy.deepcopy(content)
            for key in above:
                at = at[key]
            del at[last]
            yield f"{place} removed", without
            yield f"{place} twice", changed(content, (*above, f"{last}_misspelt"), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_that_of_the_model(kind: str) -> None:
    assert json.loads(COMMITTED[kind].read_text(encoding="utf-8")) == file_schema(KINDS[kind]), "run: make schemas"


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_files_hold_every_field_and_are_good(kind: str, tmp_path: Path) -> None:
    written: set[str] = set()
    for text in WHOLE[kind]:
        content = content_of(text, tmp_path)
        load_file(tmp_path / "some.yaml", KINDS[kind])
        written |= set(content)
    names = {about.alias or name for name, about in KINDS[kind].model_fields.items()} - {"name"}
    assert written == names


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_accepts_all_that_the_model_accepts(kind: str, tmp_path: Path) -> None:
    schema = validator(kind)
    refused = []
    for text in WHOLE[kind]:
        content = content_of(text, tmp_path)
        assert schema.is_valid(plain(content)), [each.message for each in schema.iter_errors(plain(content))]
        refused += [
            name for name, mutant in mutants(content) if is_good(kind, mutant) and not schema.is_valid(plain(mutant))
        ]
    assert not refused


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_refuses_wrong_types_unknown_fields_and_missing_ones(kind: str, tmp_path: Path) -> None:
    schema = validator(kind)
    bad = missed = 0
    for text in WHOLE[kind]:
        content = content_of(text, tmp_path)
        for name, mutant in mutants(content):
            if not is_good(kind, mutant):
                bad += 1
                is_missed = schema.is_valid(plain(mutant))
                missed += is_missed
                assert not (is_missed and name.endswith((" twice", "{'nobody': 1}"))), name
    assert bad > 500
    assert missed < bad * 0.3, f"{missed} of {bad} wrong files are not marked in an editor"


@pytest.mark.parametrize(
    ("kind", "path"), [(kind, path) for kind, at in COMMITTED.items() for path in sorted(at.parent.glob("*.yaml"))]
)
def test_the_files_of_the_repository_name_their_schema_and_fit_it(kind: str, path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith(f"# yaml-language-server: $schema={COMMITTED[kind].name}\n")
    assert validator(kind).is_valid(plain(read_yaml(path).content))


def test_the_files_shown_in_the_pages_fit_their_schema(tmp_path: Path) -> None:
    shown = [(mark, code) for page in PAGES for _, mark, code in blocks(page) if mark in KINDS]
    assert len(shown) > 10
    for kind, code in shown:
        content = plain(content_of(code, tmp_path))
        assert validator(kind).is_valid(content), code


@pytest.mark.parametrize("value", ["yes", "no", "true"])
def test_a_truth_value_is_no_number(value: str, tmp_path: Path) -> None:
    text = WHOLE["campaign"][2].replace("budget: 1\n", f"budget: {value}\n")
    (tmp_path / "some.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CampaignFileError, match="field `budget` is wrong: give a number, not yes or no"):
        load_file(tmp_path / "some.yaml", Campaign)


def test_words_may_be_a_number_or_a_truth_value_to_an_editor() -> None:
    content = {"recredit": "off", "replies": {"keywords": [{"words": [1, True, "OUI"], "event": "yes"}]}}
    assert validator("account").is_valid(content)
