"""Replies of real runs are pulled once each, joined to campaign and receiver, and acted on."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ovh_sms.errors import RequestRefused, Unavailable
from ovh_sms.inbound.pull import PullTimes
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.store import Store
from support.answered_runs import campaign_file, delivered, people, pull_replies, reached, reply, send_run
from support.campaign_runs import CampaignRun, MovedTime
from support.sandbox import SandboxProcess

EVERYONE = people(0, 30)
LIST = "GET /sms/{serviceName}/incoming"
READ = "GET /sms/{serviceName}/incoming/{id}"


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def run(sandbox: SandboxProcess, include: Path) -> CampaignRun:
    return send_run(include, EVERYONE)


@pytest.fixture
def there(sandbox: SandboxProcess, run: CampaignRun) -> list[str]:
    return delivered(sandbox, run)


def stored(store: Store) -> dict[str, InboundMessage]:
    """Replies by their texts."""
    return {each.text: each for each in store.inbound.page(InboundFilter(), limit=100_000)}


def key(number: str) -> str:
    return f"C-{EVERYONE.index(number)}"


def test_a_reply_is_joined_to_campaign_run_and_receiver(
    sandbox: SandboxProcess, store: Store, include: Path, run: CampaignRun, there: list[str]
) -> None:
    reply(sandbox, there[0], "oui, merci")
    reply(sandbox, there[1], "Je ne sais pas encore")
    pulled = pull_replies(store, include)
    assert (pulled.new, pulled.by_action, pulled.how) == (2, {"confirmed": 1, "inbox": 1}, {"tag": 2})
    found = stored(store)
    yes, unknown = found["oui, merci"], found["Je ne sais pas encore"]
    assert (yes.campaign, yes.dag_id, yes.run_id, yes.tag) == ("visit", run.dag_id, "manual__1", run.tags[0])
    assert (yes.number, yes.receiver_key, yes.keyword, yes.action) == (there[0], key(there[0]), "OUI", "confirmed")
    assert (unknown.receiver_key, unknown.keyword, unknown.action) == (key(there[1]), None, "inbox")
    assert yes.credits == 1


def test_pulling_again_stores_nothing_again(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    reply(sandbox, there[0], "OUI")
    assert [pull_replies(store, include).new for _ in range(3)] == [1, 0, 0]
    reply(sandbox, there[0], "OUI")
    assert pull_replies(store, include).new == 1, "the same text again is another reply"
    assert store.inbound.count(InboundFilter()) == 2 == len(sandbox.replies(account=sandbox.account_name))


@pytest.mark.parametrize("order", ["rising", "falling", "scattered"])
def test_nothing_is_skipped_after_three_days_however_ovh_orders_its_ids(
    sandbox: SandboxProcess, store: Store, include: Path, order: str
) -> None:
    sandbox.features(reply_ids=order)
    moved = MovedTime(sandbox)
    try:
        with moved.installed():
            pull_replies(store, include)
            for day in range(4):
                # They can answer for two days only: each day another run asks some, and stores no replies.
                run = send_run(include, people(100 * day, 12), name=f"day{day}", reply_rules=None)
                moved.advance(3_600)
                for at, person in enumerate(reached(sandbox, run)[:5]):
                    reply(sandbox, person, f"reply {at} of day {day}")
                moved.advance(20 * 3_600)
            pulled = pull_replies(store, include)
            assert (pulled.new, len(stored(store))) == (20, 20)
            assert pulled.windows == 4
            assert pull_replies(store, include).windows == 1
    finally:
        sandbox.features(reply_ids="rising")
        sandbox.clock(offset=0)


def test_a_reply_that_ovh_lists_late_is_not_lost(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    sandbox.features(late_replies=1.0)
    try:
        reply(sandbox, there[0], "OUI")
        assert pull_replies(store, include).new == 0
        # By OVH's clock it is older than the mark when it is listed at last.
        sandbox.wait_until(lambda: pull_replies(store, include).new == 1)
    finally:
        sandbox.features(late_replies=0.0)


def test_an_interrupted_pull_goes_on_where_it_was(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    pull_replies(store, include)
    before = store.inbound.mark(sandbox.account_name)
    reply(sandbox, there[0], "OUI")
    sandbox.fault("status", status=404, method="GET", path="/sms/*/incoming", times=1)
    with pytest.raises((RequestRefused, Unavailable)):
        pull_replies(store, include)
    assert store.inbound.mark(sandbox.account_name) == before
    assert pull_replies(store, include).new == 1


def test_replies_are_read_one_by_one_if_ovh_does_not_read_several(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    sandbox.features(batch_header=False)
    for at in range(60):
        reply(sandbox, there[at % len(there)], f"reply {at}")
    sandbox.reset_calls()
    assert pull_replies(store, include, times=PullTimes(first_read=timedelta(hours=20))).new == 60
    assert sandbox.calls(LIST) == 1
    assert sandbox.calls(READ) == 2 + 60, "two tries of several at once"


def test_without_a_tag_a_reply_is_joined_by_number_before_and_after_the_receipts_are_collected(
    sandbox: SandboxProcess, store: Store, include: Path, run: CampaignRun, there: list[str]
) -> None:
    reply(sandbox, there[0], "early", tag=None)
    assert pull_replies(store, include).how == {"number": 1}
    run.collect()
    reply(sandbox, there[1], "late", tag=None)
    sandbox.ask(
        "POST",
        "/replies",
        {"receiver": "+33639981999", "text": "unasked", "account": sandbox.account_name, "unasked": True},
    )
    assert pull_replies(store, include).how == {"number": 1, "none": 1}
    found = stored(store)
    assert {(found[text].run_id, found[text].tag) for text in ("early", "late")} == {("manual__1", run.tags[0])}
    assert found["late"].receiver_key == key(there[1])
    assert (found["unasked"].campaign, found["unasked"].action) == (None, "inbox")


def test_the_reply_to_another_program_is_in_the_inbox_and_nobodys(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    body = {"receiver": there[0], "text": "OUI", "account": sandbox.account_name, "tag": "theirs", "unasked": True}
    sandbox.ask("POST", "/replies", body)
    assert pull_replies(store, include).how == {"none": 1}
    (found,) = stored(store).values()
    assert (found.campaign, found.tag, found.action) == (None, "theirs", "inbox")


def test_the_account_files_words_are_read_where_the_campaign_has_none(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str]
) -> None:
    for person, text in zip(there, ("RAPPEL", "OUI", "rappel !"), strict=False):
        reply(sandbox, person, text)
    words = [{"words": ["rappel"], "event": "call_back"}, {"words": ["OUI"], "event": "other"}]
    assert pull_replies(store, include, words).by_action == {"call_back": 2, "confirmed": 1}


def test_a_broken_campaign_file_counts_as_it_last_was(
    sandbox: SandboxProcess, store: Store, include: Path, run: CampaignRun, there: list[str]
) -> None:
    from ovh_sms.campaign.last_good_files import keep_good_version

    keep_good_version(run.campaign)
    campaign_file(include, "visit", "replies: [\n")
    reply(sandbox, there[0], "OUI")
    assert pull_replies(store, include).by_action == {"confirmed": 1}


def test_a_key_is_unknown_once_the_files_of_the_run_are_gone(
    sandbox: SandboxProcess,
    store: Store,
    include: Path,
    run: CampaignRun,
    there: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    shutil.rmtree(Path(run.prepared["folder"]))
    reply(sandbox, there[0], "OUI")
    assert pull_replies(store, include).by_action == {"confirmed": 1}
    assert next(iter(stored(store).values())).receiver_key is None
    assert "receivers without a key=1" in caplog.text


def test_a_stop_leaves_its_owner_out_of_every_later_list_of_every_account(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from support.airflow_task import connection

    # OVH itself takes no note of this word.
    reply(sandbox, there[0], "désabonnement svp")
    assert pull_replies(store, include).by_action == {"opt_out": 1}
    other = f"{sandbox.account_name[:-2]}-2"
    sandbox.add_account(other, creditsLeft=1000)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, account=other))
    later = send_run(include, there[:3], name="later")
    assert (later.prepared["accepted"], later.prepared["rejected"]) == (2, {"suppressed": 1})


def test_a_stop_is_counted_once_for_the_submission_that_it_answers(
    sandbox: SandboxProcess, store: Store, include: Path, run: CampaignRun, there: list[str]
) -> None:
    reply(sandbox, there[0], "Me désabonner")
    pull_replies(store, include)
    assert [each.receiver for each in store.opt_outs.of(run.tags[0])] == [there[0]]
    run.collect()
    assert (store.opt_outs.count(run.tags[0]), store.inbound.to_act(sandbox.account_name)) == (1, [])


def test_a_stop_that_ovh_counted_before_is_counted_once(
    sandbox: SandboxProcess, store: Store, include: Path, run: CampaignRun, there: list[str]
) -> None:
    reply(sandbox, there[0], "STOP")
    run.collect()
    (known,) = store.opt_outs.of(run.tags[0])
    pull_replies(store, include)
    assert store.opt_outs.of(run.tags[0]) == [known]
    assert known.outgoing_id is not None


def test_no_number_and_no_text_of_a_reply_is_logged(
    sandbox: SandboxProcess, store: Store, include: Path, there: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    reply(sandbox, there[0], "un texte privé")
    pull_replies(store, include)
    assert "pulled account=" in caplog.text
    assert "privé" not in caplog.text
    assert not any(person.removeprefix("+") in caplog.text for person in there)
