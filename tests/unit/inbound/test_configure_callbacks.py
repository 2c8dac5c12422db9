"""Addresses are set at OVH after their change is shown; what else stands in the settings stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.inbound.callback_addresses import digest_of, secret_in
from ovh_sms.inbound.callback_plan import CallbackPlan, WantedCallbacks, plan_callbacks
from ovh_sms.inbound.configure_callbacks import apply_callbacks
from ovh_sms.inbound.shown_secrets import check_secrets
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from support.signed import Signed
from support.stores import new_store

URL = "https://airflow.example.com/flow"
WANTED = WantedCallbacks(url=URL)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(sandbox: SandboxProcess, tmp_path: Any, clock: FakeClock) -> Any:
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    yield store
    store.close()


@pytest.fixture
def client(sandbox: SandboxProcess) -> OvhSmsClient:
    return OvhSmsHook().client


def apply(client: OvhSmsClient, store: Store, wanted: WantedCallbacks = WANTED) -> CallbackPlan:
    plan = plan_callbacks(client, store, wanted)
    apply_callbacks(client, store, plan)
    return plan


def set_at_ovh(sandbox: SandboxProcess, **settings: Any) -> None:
    assert Signed(sandbox).put(f"/sms/{sandbox.account_name}", settings).status == 200


def test_a_plan_changes_nothing(client: OvhSmsClient, store: Store) -> None:
    before = client.callbacks.read()
    plan = plan_callbacks(client, store, WANTED)
    assert [each.field for each in plan.changes] == [
        "callBack",
        "smsResponse.cgiUrl",
        "stopCallBack",
        "smsResponse.responseType",
    ]
    assert client.callbacks.read() == before
    assert store.callback_secrets.valid() == []


def test_no_line_of_a_plan_holds_the_secret(client: OvhSmsClient, store: Store) -> None:
    plan = apply(client, store)
    rotated = plan_callbacks(client, store, WantedCallbacks(url=URL, rotate=True))
    for each in (plan, rotated):
        assert f"{URL}/ovh-sms-callbacks/***/receipts" in "\n".join(each.lines)
        assert plan.secret is not None
        assert rotated.secret is not None
        assert plan.secret not in "\n".join(each.lines)
        assert rotated.secret not in "\n".join(each.lines)


def test_what_else_stands_in_the_settings_stays(sandbox: SandboxProcess, client: OvhSmsClient, store: Store) -> None:
    options = [{"media": "email", "sender": "MYSHOP", "target": "desk@shop.example"}]
    answer = {"responseType": "none", "trackingDefaultSmsSender": "MYSHOP", "trackingOptions": options}
    set_at_ovh(sandbox, description="Été", smsResponse=answer)
    before = client.callbacks.read()
    apply(client, store)
    after = client.callbacks.read()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"callBack", "stopCallBack", "smsResponse"}
    ours = {"responseType": "cgi", "cgiUrl": after["smsResponse"]["cgiUrl"]}
    assert after["smsResponse"] == {**before["smsResponse"], **ours}
    assert after["callBack"].endswith("/receipts")
    assert after["stopCallBack"].endswith("/opt-outs")
    assert after["smsResponse"]["cgiUrl"].endswith("/replies")


def test_the_same_again_changes_nothing_and_keeps_the_secret(
    sandbox: SandboxProcess, client: OvhSmsClient, store: Store
) -> None:
    first = apply(client, store)
    sandbox.reset_calls()
    again = apply(client, store)
    assert (again.changes, again.secret) == ((), first.secret)
    assert again.lines == ["Nothing is to be changed."]
    assert sandbox.calls("PUT /sms/{serviceName}") == 0


def test_a_new_secret_is_valid_before_ovh_knows_it_and_the_old_one_for_a_week_after(
    client: OvhSmsClient, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = apply(client, store).secret
    change, seen = client.callbacks.change, []

    def watched(changes: Any, login: str | None = None) -> None:
        seen.append(({each.digest for each in store.callback_secrets.valid()}, sum(clock.sleeps)))
        change(changes, login)

    monkeypatch.setattr(client.callbacks, "change", watched)
    clock.sleeps.clear()
    new = apply(client, store, WantedCallbacks(url=URL, rotate=True)).secret
    assert old is not None
    assert new is not None
    assert old != new
    both = {digest_of(each, store.identity.secret()) for each in (old, new)}
    assert seen == [(both, 2.0)], "each API server has read it by then"
    clock.advance(timedelta(days=6, hours=23).total_seconds())
    assert {each.digest for each in store.callback_secrets.valid()} == both
    assert check_secrets(client, store)
    clock.advance(timedelta(hours=2).total_seconds())
    assert {each.digest for each in store.callback_secrets.valid()} == {digest_of(new, store.identity.secret())}
    assert secret_in(client.callbacks.read()["callBack"]) == new


def test_the_results_do_not_hold_the_secret(client: OvhSmsClient, store: Store) -> None:
    plan = apply(client, store)
    (known,) = store.callback_secrets.valid()
    assert plan.secret is not None
    assert plan.secret not in (known.digest, known.account)
    assert len(known.digest) == 64


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"callBack": "https://shop.example/dlr"}, "callBack"),
        ({"stopCallBack": "https://shop.example/stop"}, "stopCallBack"),
        ({"smsResponse": {"responseType": "cgi", "cgiUrl": "https://shop.example/r"}}, "smsResponse.cgiUrl"),
        ({"smsResponse": {"responseType": "text", "text": "Merci"}}, "smsResponse.responseType"),
    ],
)
def test_another_programs_address_is_replaced_only_if_a_person_says_so(
    sandbox: SandboxProcess, client: OvhSmsClient, store: Store, settings: dict[str, Any], field: str
) -> None:
    set_at_ovh(sandbox, **settings)
    before = client.callbacks.read()
    with pytest.raises(ConfigurationError, match=field):
        plan_callbacks(client, store, WANTED)
    assert client.callbacks.read() == before
    others = WantedCallbacks(url=URL, kinds=[each for each in ("receipt", "reply", "stop") if each != kind_of(field)])
    apply(client, store, others)
    for name, value in settings.items():
        found = client.callbacks.read()[name]
        assert found == value if isinstance(value, str) else value.items() <= found.items()
    apply(client, store, WantedCallbacks(url=URL, replace=True))
    assert client.callbacks.read()["smsResponse"]["responseType"] == "cgi"
    assert "shop.example" not in str(client.callbacks.read())


def kind_of(field: str) -> str:
    return {"callBack": "receipt", "stopCallBack": "stop"}.get(field, "reply")


def test_removing_takes_our_addresses_alone(sandbox: SandboxProcess, client: OvhSmsClient, store: Store) -> None:
    before = client.callbacks.read()
    set_at_ovh(sandbox, stopCallBack="https://shop.example/stop")
    apply(client, store, WantedCallbacks(url=URL, kinds=("receipt", "reply")))
    apply(client, store, WantedCallbacks(url=None))
    assert client.callbacks.read() == {**before, "stopCallBack": "https://shop.example/stop"}


def test_a_user_gets_receipts_and_opt_outs(sandbox: SandboxProcess, client: OvhSmsClient, store: Store) -> None:
    users = f"/sms/{sandbox.account_name}/users"
    assert Signed(sandbox).post(users, {"login": "desk", "password": "Secret01"}).status == 200
    account, before = client.callbacks.read(), client.callbacks.read("desk")
    apply(client, store, WantedCallbacks(url=URL, login="desk"))
    after = client.callbacks.read("desk")
    assert {name for name in after if after[name] != before[name]} == {"callBack", "stopCallBack"}
    assert client.callbacks.read() == account


@pytest.mark.parametrize(
    "url",
    [
        "",
        "airflow.example.com",
        "ftp://a.example",
        "https://",
        "https://u:p@a.example",
        "https://a.example?x=1",
        "https://[",
        "https://a.example:99999",
        "https://a.example/a b",
        "https://a.example/a\n",
        "https://a.example/%20",
        "https://a.example/x;y",
        "https://a.example/é",
    ],
)
def test_an_address_that_ovh_cannot_call_is_refused(client: OvhSmsClient, store: Store, url: str) -> None:
    with pytest.raises(ConfigurationError, match="OVH cannot call"):
        plan_callbacks(client, store, WantedCallbacks(url=url))


def test_plain_http_is_for_the_sandbox_alone(client: OvhSmsClient, store: Store) -> None:
    wanted = WantedCallbacks(url="http://127.0.0.1:8080")
    assert plan_callbacks(client, store, wanted).changes
    from ovh_sms.inbound.callback_url import check_url

    with pytest.raises(ConfigurationError):
        check_url("http://127.0.0.1:8080", is_sandbox=False)


@pytest.mark.parametrize("host", ["airflow.example.com", "8.8.8.8", "[2001:4860:4860::8888]"])
def test_the_sandbox_calls_plain_http_within_its_own_network_alone(host: str) -> None:
    from ovh_sms.inbound.callback_url import check_url

    for near in ("localhost", "[::1]", "10.0.0.7", "airflow-apiserver", "host.docker.internal"):
        check_url(f"http://{near}:8080", is_sandbox=True)
    check_url("https://airflow.example.com", is_sandbox=True)
    with pytest.raises(ConfigurationError, match="must be of https"):
        check_url(f"http://{host}:8080", is_sandbox=True)


def test_the_preview_of_a_rotation_says_that_the_secret_is_new(client: OvhSmsClient, store: Store) -> None:
    apply(client, store, WantedCallbacks(url=URL))
    rotated = plan_callbacks(client, store, WantedCallbacks(url=URL, rotate=True))
    assert [each.endswith(", with a new secret") for each in rotated.lines] == [True] * len(rotated.lines)


def test_settings_that_ovh_does_not_keep_are_reported(
    client: OvhSmsClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_callbacks(client, store, WANTED)
    read = client.callbacks.read

    def other(login: str | None = None) -> dict[str, Any]:
        return {**read(login), "description": "another one"}

    monkeypatch.setattr(client.callbacks, "read", other)
    with pytest.raises(ConfigurationError, match="description"):
        apply_callbacks(client, store, plan)


def test_no_log_line_holds_an_address(sandbox: SandboxProcess, client: OvhSmsClient, store: Store) -> None:
    set_at_ovh(sandbox, callBack="https://user:pw@shop.example/dlr/token-of-the-shop?key=1")
    plan = plan_callbacks(client, store, WantedCallbacks(url=URL, replace=True))
    lines = [str(each) for each in plan.changes]
    assert lines == [
        "callBack: another program's -> ours",
        "smsResponse.cgiUrl: nothing -> ours",
        "stopCallBack: nothing -> ours",
        "smsResponse.responseType: none -> cgi",
    ]
    assert plan.lines[0] == f"callBack: *** of shop.example -> {URL}/ovh-sms-callbacks/***/receipts"
    shown = "".join(lines) + "".join(plan.lines) + repr(plan)
    assert not [each for each in ("token-of-the-shop", "pw@", plan.secret) if each is None or each in shown]
    apply_callbacks(client, store, plan)
    rotated = plan_callbacks(client, store, WantedCallbacks(url=URL, rotate=True))
    assert str(rotated.changes[0]) == "callBack: ours -> a new one"


def test_the_address_of_another_airflow_is_replaced_only_if_a_person_says_so(
    sandbox: SandboxProcess, client: OvhSmsClient, store: Store
) -> None:
    theirs = f"{URL}/ovh-sms-callbacks/ovhcb_{'x' * 43}/receipts"
    set_at_ovh(sandbox, callBack=theirs)
    with pytest.raises(ConfigurationError, match="another program"):
        plan_callbacks(client, store, WANTED)
    apply(client, store, WantedCallbacks(url=None))
    assert client.callbacks.read()["callBack"] == theirs
    apply(client, store, WantedCallbacks(url=URL, replace=True))
    assert client.callbacks.read()["callBack"] != theirs


def test_a_user_has_no_callbacks_about_replies(client: OvhSmsClient, store: Store) -> None:
    with pytest.raises(ConfigurationError, match="replies"):
        plan_callbacks(client, store, WantedCallbacks(url=URL, login="desk", kinds=("reply",)))


def test_what_ovh_changes_by_itself_or_writes_in_another_way_is_no_difference(
    client: OvhSmsClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_callbacks(client, store, WANTED)
    read = client.callbacks.read

    def later(login: str | None = None) -> dict[str, Any]:
        found = read(login)
        answer = {name: value for name, value in found["smsResponse"].items() if value}
        return {**found, "creditsLeft": 1.0, "quotaInformations": {"quotaLeft": 3}, "smsResponse": answer}

    monkeypatch.setattr(client.callbacks, "read", later)
    apply_callbacks(client, store, plan)
