"""Preparation and the checks before sending: bad input ends here, with nothing sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from ovh_sms.errors import (
    AccountExpired,
    AuthenticationError,
    BudgetExceeded,
    ContactsError,
    ContentRefused,
    InsufficientCredits,
    MissingRight,
    SenderNotEnabled,
    Unavailable,
    WrongChannel,
)
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from support.airflow_task import connection, context
from support.sandbox import SandboxProcess

GUIDE = "Numero ;nom ;prenom ;adresse\n0639980000 ;Durant ;Pierre ;xx rue\n0639980001 ;Dupont ;Jean ;xx rue\n"
MESSAGE = "Bonjour #prenom# #nom#"


def prepare(tmp_path: Path, content: str | bytes = GUIDE, message: str = MESSAGE, **changes: Any) -> dict[str, Any]:
    path = tmp_path / "list.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    task = PrepareContactsOperator(
        task_id="prepare", campaign="spring", contacts=str(path), message=message, stop_clause=False, **changes
    )
    return task.execute(context(task_id="prepare"))


def preflight(given: dict[str, Any], **changes: Any) -> dict[str, Any]:
    wanted = {"message": MESSAGE, "marketing": False, "sender": "MYSHOP", "budget": 100, **changes}
    return PreflightOperator(task_id="preflight", prepared=given, **wanted).execute(context())


@pytest.fixture(autouse=True)
def nothing_sent(sandbox: SandboxProcess) -> Any:
    yield
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0


def test_prepares_the_guides_own_list(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepare(tmp_path)
    assert (given["rows"], given["accepted"], given["rejected"]) == (2, 2, {})
    lines = Path(given["list_path"]).read_text(encoding="utf-8").splitlines()
    assert lines == ["number;prenom;nom", "+33639980000;Pierre;Durant", "+33639980001;Jean;Dupont"]
    assert "+336" not in str(given)
    assert Path(given["list_path"]).parent.stat().st_mode & 0o077 == 0  # it holds numbers
    ready = preflight(given)
    assert (ready["cost"], ready["credits_left"]) == (2, 1000)


def test_leaves_out_people_who_opted_out(sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.ask("POST", "/blacklist", {"account": sandbox.account_name, "number": "+33639980001"})
    given = prepare(tmp_path)
    assert (given["accepted"], given["rejected"]) == (1, {"suppressed": 1})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("nom;prenom\nDurant;Pierre\n", "number"),
        ("", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4, "list.csv"),
    ],
    ids=["no number column", "empty file", "binary file"],
)
def test_unusable_lists(sandbox: SandboxProcess, tmp_path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(ContactsError, match=says) as caught:
        prepare(tmp_path, content)
    assert "list.csv" in str(caught.value)
    assert caught.value.action


def test_unknown_placeholder(sandbox: SandboxProcess, tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match="ville") as caught:
        prepare(tmp_path, message="Bonjour #prenom# de #ville#")
    assert "adresse" in str(caught.value)


def test_a_missing_file_is_named(sandbox: SandboxProcess, tmp_path: Path) -> None:
    task = PrepareContactsOperator(
        task_id="prepare", campaign="spring", contacts=str(tmp_path / "gone.csv"), message="x", stop_clause=False
    )
    with pytest.raises(ContactsError, match=r"gone\.csv"):
        task.execute(context(task_id="prepare"))


def test_a_list_without_contacts_fails_or_skips_its_run(sandbox: SandboxProcess, tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match=r"list\.csv has a header but no contact.*empty_list: skip"):
        prepare(tmp_path, "number\n", message="Bonjour")
    with pytest.raises(AirflowSkipException, match="has a header but no contact"):
        prepare(tmp_path, "number\n;;\n", message="Bonjour", empty_list="skip")
    # Somebody stands in this one.
    assert prepare(tmp_path, "number\n12\n", message="Bonjour", empty_list="skip")["rejected"] == {"invalid_number": 1}


def test_nobody_left(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepare(tmp_path, "number\n12\n", message="Bonjour")
    with pytest.raises(ContactsError, match="No row") as caught:
        preflight(given)
    assert "rejects.csv" in str(caught.value)


@pytest.mark.parametrize(("sender", "says"), [("WAITING", "waiting"), ("REFUSED", "refused"), ("X", "exist")])
def test_sender_not_enabled(sandbox: SandboxProcess, tmp_path: Path, sender: str, says: str) -> None:
    with pytest.raises(SenderNotEnabled, match=says) as caught:
        preflight(prepare(tmp_path), sender=sender)
    assert "MYSHOP" in str(caught.value)


@pytest.mark.parametrize(("channel", "marketing"), [("marketing", False), ("transactional", True)])
def test_an_account_for_the_other_kind_of_message_is_refused(
    sandbox: SandboxProcess, tmp_path: Path, channel: str, marketing: bool
) -> None:
    given = prepare(tmp_path)
    sandbox.account(channel=channel)
    with pytest.raises(WrongChannel, match=f"This account is for {channel} messages"):
        preflight(given, marketing=marketing)
    preflight(given, marketing=not marketing)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Voyez https://ex.fr", "a web address"), ("Voyez ex.fr/a", "a web address"), ("Ecrire a a@ex.fr", "an e-mail"),
        ("Appelez le 01 99 00 12 34", "a phone number"), ("Appelez le +33 1 99 00 12 34", "a phone number"),
        ("Envoyez OUI au 36063", "a short number"), ("Composez le 3639", "a short number"),
        ("Repondez au 36111.", "a short number"), ("OUI par SMS au 81212", "a short number"),
        ("Appelez le 0 800 123 456", "a phone number"),
        ("Plus d'infos : 36111, gratuit", "a short number"), ("Le 05.12.2026 au 01.99.00.12.34", "a phone number"),
    ],
)  # fmt: skip
def test_contact_details_are_refused_from_a_short_number(
    sandbox: SandboxProcess, tmp_path: Path, message: str, kind: str
) -> None:
    given = prepare(tmp_path, message=message)
    with pytest.raises(ContentRefused, match=f"The message holds {kind}"):
        preflight(given, message=message, sender=None)
    preflight(given, message=message)


@pytest.mark.parametrize(
    "message",
    [
        *("Code 123456, RDV le 12/11/2026 a 10:30", "12 500 euros, 3.5 km, 1000 points", "75001 Paris, 38000 Grenoble"),
        *("Code 45678", "CP 38000", "3500 articles", "Le 05.12.2026 10h30", "M.Dupont/Mme Dupont"),
    ],
)
def test_plain_figures_may_go_out_from_a_short_number(sandbox: SandboxProcess, tmp_path: Path, message: str) -> None:
    assert preflight(prepare(tmp_path, message=message), message=message, sender=None)["sender"] is None


def test_a_contact_detail_in_a_value_is_refused_from_a_short_number(sandbox: SandboxProcess, tmp_path: Path) -> None:
    rows = "".join(f"06399800{at:02d};x\n" for at in range(50))
    given = prepare(tmp_path, f"number;lien\n{rows}0639980099;https://ex.fr/a\n", message="Voyez #lien#", batch_size=20)
    with pytest.raises(ContentRefused, match="A value of the list holds a web address"):
        preflight(given, message="Voyez #lien#", sender=None)
    preflight(given, message="Voyez #lien#")


@pytest.mark.parametrize("row", ["Ana;75001;Paris", "Ana;38000;Grenoble", "Ana;Grenoble;38000"])
def test_a_postal_code_may_go_out_from_a_short_number(sandbox: SandboxProcess, tmp_path: Path, row: str) -> None:
    given = prepare(tmp_path, f"number;a;b;c\n0639980099;{row}\n", message="#a# #b# #c#")
    assert preflight(given, message="#a# #b# #c#", sender=None)["sender"] is None


def test_a_short_number_reaches_nobody_outside_france(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepare(tmp_path, "number\n0639980000\n+32 470 12 34 56\n0692 12 34 56\n", message="Bonjour")
    with pytest.raises(SenderNotEnabled, match=r"reaches metropolitan France \(\+33\) alone.*1 of \+32"):
        preflight(given, message="Bonjour", sender=None)


def test_a_sender_must_be_declared_where_operators_ask_for_it(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepare(tmp_path, "number\n0639980000\n+34 612 34 56 78\n", message="Bonjour")
    with pytest.raises(SenderNotEnabled, match=r"1 of \+34.*ES: declare the sender"):
        preflight(given, message="Bonjour")
    preflight(given, message="Bonjour", declared_countries=["ES"])


@pytest.mark.parametrize("link", ["https://bit.ly/x", "tinyurl.com/x", "cutt.ly/x"])
def test_a_public_link_shortener_is_warned_about(
    sandbox: SandboxProcess, tmp_path: Path, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    preflight(prepare(tmp_path, message=f"Voyez {link}"), message=f"Voyez {link}")
    assert "operators block such links" in caplog.text


def test_a_country_without_a_rate_does_not_stop_the_list(
    sandbox: SandboxProcess, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = prepare(tmp_path, "number\n0639980000\n+377 6 12 34 56 78\n+44 7781 123456\n", message="Bonjour")
    assert given["countries"] == {"33": 1, "377": 1, "44 GG": 1}
    assert "rate unknown country=MC" in caplog.text
    assert "rate unknown country=GG" in caplog.text
    preflight(given, message="Bonjour")


def test_credits_and_budget(sandbox: SandboxProcess, tmp_path: Path) -> None:
    given = prepare(tmp_path)
    with pytest.raises(BudgetExceeded, match="budget is 1"):
        preflight(given, budget=1)
    sandbox.account(creditsLeft=1)
    with pytest.raises(InsufficientCredits, match="at least 1 credit"):
        preflight(given)


@pytest.mark.parametrize("wrong", [{"login": "x" * 16}, {"password": "x" * 32}, {"consumer_key": "x" * 32}], ids=str)
def test_wrong_keys(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, **wrong))
    with pytest.raises(AuthenticationError) as caught:
        prepare(tmp_path)
    assert caught.value.action
    assert "x" * 16 not in str(caught.value)


def test_missing_right(sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = sandbox.key([("GET", "/sms"), ("GET", "/auth/*")])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    with pytest.raises(MissingRight, match=f"GET /sms/{sandbox.account_name}/blacklists"):
        prepare(tmp_path)


def test_expired_account(sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.account(expired=True)
    with pytest.raises(AccountExpired) as caught:
        prepare(tmp_path)
    assert caught.value.status == 460
    sandbox.account(expired=False)


def test_sandbox_down(sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, endpoint="http://127.0.0.1:9/1.0"))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        prepare(tmp_path, deferrable=False)


def test_the_cost_of_other_countries_is_ovhs_rate(sandbox: SandboxProcess, tmp_path: Path) -> None:
    # receivers in other countries must not pass the budget at the price of France
    import phonenumbers

    kind = phonenumbers.PhoneNumberType.MOBILE
    numbers = [phonenumbers.example_number_for_type(region, kind) for region in ("DE", "RE")]
    shown = [phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in numbers]
    given = prepare(tmp_path, "number\n0639980000\n" + "\n".join(shown) + "\n", message="Bonjour")
    client = OvhSmsHook().client
    rates = [client.rates.destination(region).credits for region in ("de", "re")]
    assert given["countries"] == {"33": 1, "49": 1, "262": 1}
    assert given["credits"] == pytest.approx(1 + sum(rates))
    with pytest.raises(BudgetExceeded):
        preflight(given, message="Bonjour", budget=1 + sum(rates) - 0.01)
