"""The cost of a prepared list, country by country, as OVH quotes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.estimate_cost import EstimateCostOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from support.airflow_task import connection, context
from support.logs import Log, log
from support.sandbox import SandboxProcess

__all__ = ["log"]

#: The value of the longest row makes two segments of its message.
LONG = "x" * 150
#: Four numbers of France, one of them with a long message, two of Belgium, one of Monaco, which has no rate.
ROWS = [
    *(f"+3363998{at:04d};P{at}" for at in range(3)),
    f"+33639980009;{LONG}",
    "+32470123456;Jan",
    f"+32470123457;{LONG}",
    "+377612345678;Albert",
]


def prepared(folder: Path, rows: list[str] = ROWS) -> dict[str, Any]:
    path = folder / "list.csv"
    path.write_text("\n".join(["numero;prenom", *rows]) + "\n", encoding="utf-8")
    prepare = PrepareContactsOperator(
        task_id="prepare", campaign="spring", contacts=str(path), message="Bonjour #prenom#, merci", stop_clause=False
    )
    output = prepare.execute(context(task_id="prepare"))
    assert output["accepted"] == len(rows), output["rejected"]
    return output


def estimate(of: dict[str, Any]) -> dict[str, Any]:
    return EstimateCostOperator(task_id="estimate", prepared=of).execute(context(task_id="estimate"))


def test_each_country_has_its_rows_segments_credits_and_price(sandbox: SandboxProcess, tmp_path: Path) -> None:
    found = estimate(prepared(tmp_path))
    rates = {name: OvhSmsHook().client.rates.destination(name) for name in ("fr", "be")}
    france, belgium, _ = found["countries"]
    assert (france["country"], france["rows"], france["segments"]) == ("FR", 4, 5)
    assert (france["credits_per_segment"], france["credits"]) == (1, 5)
    assert france["price"] == round(5 * rates["fr"].price, 2)
    assert (belgium["country"], belgium["destination"], belgium["rows"], belgium["segments"]) == ("BE", "32", 2, 3)
    assert belgium["credits"] == pytest.approx(3 * rates["be"].credits)
    assert (belgium["price"], belgium["currency"]) == (round(3 * rates["be"].price, 2), "EUR")
    assert found["rows"] == 7
    assert found["segments"] == 9


def test_a_rate_that_ovh_does_not_name_is_said_and_not_guessed(
    sandbox: SandboxProcess, tmp_path: Path, log: Log
) -> None:
    found = estimate(prepared(tmp_path))
    monaco = found["countries"][-1]
    assert (monaco["country"], monaco["rows"], monaco["segments"]) == ("MC", 1, 1)
    assert [monaco[name] for name in ("credits_per_segment", "credits", "price", "currency")] == [None] * 4
    assert (found["credits"], found["unknown_rates"]) == (None, ["MC"])
    assert found["credits_known"] == pytest.approx(sum(each["credits"] for each in found["countries"][:2]))
    assert "cost unknown country=MC rows=1 segments=1: OVH names no rate" in log.text
    assert estimate(prepared(tmp_path, ROWS[:4]))["credits"] == 5


def test_an_order_of_as_many_credits_is_quoted_with_tax(sandbox: SandboxProcess, tmp_path: Path, log: Log) -> None:
    many = [f"+336399{at:05d};P" for at in range(80_000, 80_150)]
    found = estimate(prepared(tmp_path, many))
    quote = OvhSmsHook().client.orders.quote(150)
    assert found["credits"] == 150
    order = found["order"]
    assert (order["quantity"], order["price_with_tax"], order["tax"]) == (150, quote.price_with_tax, quote.tax)
    assert (order["price_without_tax"], order["currency"]) == (quote.price_without_tax, "EUR")
    assert f"an order of 150 credits costs {quote.price_without_tax:.2f}, tax {quote.tax:.2f}" in log.text
    assert [each for each in sandbox.orders() if each["account"] == sandbox.account_name] == []


def test_a_discount_is_named_as_ovh_gives_it(sandbox: SandboxProcess, tmp_path: Path) -> None:
    many = [f"+336399{at:05d};P" for at in range(80_000, 80_150)]
    sandbox.features(discount_percent=10)
    try:
        found, quote = estimate(prepared(tmp_path, many)), OvhSmsHook().client.orders.quote(150)
    finally:
        sandbox.features(discount_percent=0)
    assert found["order"]["reduction"] == quote.reduction > 0
    price = found["credit_price"]
    assert price["discount_percent"] == 10
    assert price["price"] == pytest.approx(0.9 * price["price_before_discount"])


def test_what_ovh_does_not_quote_to_these_keys_is_unknown(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = prepared(tmp_path)
    assert estimate(of)["order"] is None, "OVH sells no orders of so few credits"
    many = prepared(tmp_path, [f"+336399{at:05d};P" for at in range(80_000, 80_150)])
    key = sandbox.key([("GET", "/sms"), ("GET", "/sms/*"), ("GET", "/auth/time")])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    found = estimate(many)
    assert (found["credits"], found["order"]) == (150, None)
    assert found["credit_price"]["price"] > 0


def test_a_list_of_an_earlier_version_has_no_segments_by_country(sandbox: SandboxProcess, tmp_path: Path) -> None:
    old = {name: value for name, value in prepared(tmp_path).items() if name != "country_segments"}
    found = estimate(old)
    assert [each["segments"] for each in found["countries"]] == [None] * 3
    assert (found["credits"], found["segments"]) == (None, 9)
    home = {name: value for name, value in prepared(tmp_path, ROWS[:4]).items() if name != "country_segments"}
    assert estimate(home)["credits"] == 5


def test_the_result_holds_no_number(sandbox: SandboxProcess, tmp_path: Path) -> None:
    assert "63998" not in str(estimate(prepared(tmp_path)))
