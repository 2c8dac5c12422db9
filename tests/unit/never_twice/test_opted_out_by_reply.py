"""A STOP that came as a reply leaves its owner out of a batch, also if nobody has collected the reply yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import RequestRefused, Unavailable
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.replies_read import RepliesRead, RepliesUnread
from ovh_sms.store.inbound import InboundFilter
from support.answered_runs import campaign_file, delivered, people, pull_replies, reply, send_run
from support.campaign_runs import CampaignRun
from support.fake_clock import FakeClock
from support.leaping_time import LeapingTime
from support.opted_out import left_out
from support.sandbox import SandboxProcess

EVERYONE = people(600, 20)
LISTED, READ = "GET /sms/{serviceName}/incoming", "GET /sms/{serviceName}/incoming/{id}"
RULES = """
replies:
  keywords:
    - {words: [plus jamais], event: opt_out}
    - {words: [CANCEL], event: cancelled}
"""


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def there(sandbox: SandboxProcess, include: Path) -> list[str]:
    """Those whom an earlier campaign has reached, and who can answer it."""
    return delivered(sandbox, send_run(include, EVERYONE, more=RULES))


def prepared(include: Path, numbers: list[str], *, name: str = "again", sender: str = "") -> CampaignRun:
    """A second run to some people, prepared and not sent."""
    path = campaign_file(include, name, RULES if not sender else "")
    text = path.read_text(encoding="utf-8").replace("Venez-vous", f"{name}, venez-vous")
    if sender:
        text = text.replace("sender_for_response: true", f"sender: {sender}")
    path.write_text(text, encoding="utf-8")
    run = CampaignRun(campaign=load_file(path, Campaign), run_id="manual__2", include=include)
    run.prepare([f"{number};C-{at}" for at, number in enumerate(numbers)], header="numero;client")
    run.preflight()
    return run


def got(sandbox: SandboxProcess, run: CampaignRun) -> set[str]:
    return {each["receiver"] for tag in run.tags for each in sandbox.messages(tag, account=sandbox.account_name)}


def test_a_reply_that_nobody_has_collected_leaves_its_owner_out(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    run = prepared(include, there[:4])
    for person, text in zip(there, ("Désabonnement", "plus jamais", "CANCEL"), strict=False):
        assert not reply(sandbox, person, text)["stop"], "OVH itself takes it for no STOP"
    answer = run.send(0)
    assert (answer["submitted"], answer["rejected"]) == (2, {"opted_out_since": 2})
    assert got(sandbox, run) == {*there[2:4]}
    assert left_out(Path(answer["list_path"]).parent) == there[:2]
    store = ResultsHook().store
    actions = {each.number: (each.action, each.campaign) for each in store.inbound.page(InboundFilter())}
    assert actions == {
        there[0]: ("opt_out", "visit"),
        there[1]: ("opt_out", "visit"),
        there[2]: ("cancelled", "visit"),
    }, "stored by the same rules as sms_replies has"
    assert pull_replies(store, include).new == 0


def test_each_batch_lists_the_replies_once_and_reads_the_new_ones_alone(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    pull_replies(ResultsHook().store, include)
    run = prepared(include, there[:3])
    reply(sandbox, there[0], "OUI")
    sandbox.reset_calls()
    run.send(0)
    assert (sandbox.calls(LISTED), sandbox.calls(READ)) == (1, 1)
    run.send(0)
    assert sandbox.calls(LISTED) == 1, "it was sent: nothing is read again"


def test_if_the_replies_cannot_be_listed_nothing_is_sent_and_a_later_try_sends(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    pull_replies(ResultsHook().store, include)
    run = prepared(include, there[:3])
    reply(sandbox, there[0], "Désabonnement")
    sandbox.fault("status", status=403, method="GET", path="/sms/*/incoming")
    with pytest.raises(RequestRefused, match="incoming"):
        run.send(0)
    sandbox.fault("status", status=503, times=999, method="GET", path="/sms/*/incoming")
    with pytest.raises(Unavailable):
        run.send(0)
    sandbox.clear_faults()
    assert run.send(0)["submitted"] == 2
    assert got(sandbox, run) == {*there[1:3]}


def test_a_reply_that_ovh_cannot_show_holds_the_batch_for_ten_minutes_and_not_for_ever(
    sandbox: SandboxProcess, leaping: LeapingTime, include: Path, there: list[str]
) -> None:
    pull_replies(ResultsHook().store, include)
    run = prepared(include, there[:3])
    broken, _ = [reply(sandbox, each, "Désabonnement")["id"] for each in there[:2]]
    sandbox.features(broken_replies={str(broken): "error"})
    with pytest.raises(Unavailable, match="replies"):
        run.send(0)
    leaping.sleep(700)
    assert run.send(0)["submitted"] == 2
    sandbox.features(broken_replies={})


def test_what_was_read_counts_for_two_minutes() -> None:
    """A process that reconciles for longer reads the replies again before it submits anew."""
    read, clock = RepliesRead(), FakeClock()
    with pytest.raises(RepliesUnread):
        read.check(clock)
    read.note(clock)
    clock.sleep(100)
    read.check(clock)
    clock.sleep(100)
    with pytest.raises(RepliesUnread):
        read.check(clock)


def test_a_campaign_that_nobody_can_answer_reads_no_replies(
    sandbox: SandboxProcess, include: Path, there: list[str]
) -> None:
    run = prepared(include, there[:3], name="named", sender="MYSHOP")
    sandbox.reset_calls()
    assert run.send(0)["submitted"] == 3
    assert sandbox.calls(LISTED) == 0


def test_without_rules_words_that_are_certain_count_and_nothing_is_stored(
    sandbox: SandboxProcess, include: Path, there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A DAG of one's own that does not give the rules must not store replies without their meaning."""
    run = prepared(include, there[:4])
    for person, text in zip(there, ("Désabonnement", "plus jamais", "CANCEL"), strict=False):
        reply(sandbox, person, text)
    assert run.send(0, reply_rules=None)["submitted"] == 3
    assert got(sandbox, run) == {*there[1:4]}
    assert ResultsHook().store.inbound.page(InboundFilter()) == []
