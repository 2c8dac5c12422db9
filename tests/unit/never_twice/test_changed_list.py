"""A list whose file is damaged or replaced while OVH has its batch says nothing about the batch's messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.cli.cancel import cancel_run
from ovh_sms.errors import ConfigurationError, OutcomeUnknown, RunCancelled
from ovh_sms.hooks.sms import OvhSmsHook
from support.sandbox import SandboxProcess
from support.sent import batches, campaign, send_batch, upload
from support.tries import QUICK, SUBMIT_CALL, asked, held, once

#: The messages wait at OVH, without a tag: they are compared with the list.
LATER = {"delay_minutes": 60}
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda rows: b"",
    "not UTF-8": lambda rows: rows.replace(b"P101", b"\xe9101"),
    "a column less": lambda rows: rows.replace(b";P101", b""),
    "cut": lambda rows: rows[:-20],
    "NUL": lambda rows: rows[:-20] + b"\0" * 20,
    "other texts": lambda rows: rows.replace(b"P10", b"Q10"),
    "other people": lambda rows: rows.replace(b"998010", b"998050"),
}


def lost(sandbox: SandboxProcess, folder: Path, **more: Any) -> tuple[Path, Callable[[], dict[str, Any]]]:
    """A batch whose answer is lost: its list, and a further try."""
    (batch,) = batches(folder, 100, rows=3)
    slot = upload(batch)
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send_batch(batch, slot, **more)
    return Path(batch["list_path"]), lambda: send_batch(batch, slot, **more, **QUICK)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_batch_that_waits_is_asked_about_and_never_sent_again(
    sandbox: SandboxProcess, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path, again = lost(sandbox, tmp_path, **LATER)
    rows = path.read_bytes()
    path.write_bytes(change(rows))
    assert asked(again).ways == "sent"
    path.write_bytes(rows)
    assert again()["submitted"] == 3
    assert once(sandbox) == 3


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_batch_that_has_left_is_found_by_its_tag_and_nobody_is_called_a_stranger(
    sandbox: SandboxProcess, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path, again = lost(sandbox, tmp_path)
    path.write_bytes(change(path.read_bytes()))
    found = again()
    assert (found["submitted"], found["unexpected"]) == (3, 0)
    assert not [*tmp_path.rglob("sent_but_not_on_the_list.csv")]
    assert once(sandbox) == 3


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_answer_is_kept_and_nobody_is_called_a_stranger(
    sandbox: SandboxProcess, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot, path = upload(batch), Path(batch["list_path"])
    with held(sandbox, lambda: send_batch(batch, slot), kind="hold_after", **SUBMIT_CALL) as slow:
        path.write_bytes(change(path.read_bytes()))
    assert slow.error is None
    assert (slow.made["submitted"], slow.made["unexpected"]) == (3, 0)
    assert not [*tmp_path.rglob("sent_but_not_on_the_list.csv")]
    assert once(sandbox) == 3


def test_an_answer_is_kept_though_its_list_cannot_be_read(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    slot, path = upload(batch), Path(batch["list_path"])
    with held(sandbox, lambda: send_batch(batch, slot), kind="hold_after", **SUBMIT_CALL) as slow:
        path.unlink()
        path.mkdir()
    assert slow.error is None
    assert (send_batch(batch, slot)["submitted"], once(sandbox)) == (3, 3)


def test_a_cancellation_does_not_end_as_if_nothing_waited(sandbox: SandboxProcess, tmp_path: Path) -> None:
    campaign(tmp_path)
    path, again = lost(sandbox, tmp_path, **LATER)
    rows = path.read_bytes()
    path.write_bytes(CHANGES["other people"](rows))
    spring = load_file(tmp_path / "campaigns" / "spring.yaml", Campaign)

    def cancel() -> str:
        return str(cancel_run(spring, OvhSmsHook(), run="run_1", dry_run=False, watch=0.02, report=lambda line: None))

    with pytest.raises(ConfigurationError, match="was changed since"):
        cancel()
    path.write_bytes(rows)
    assert "3 messages were withdrawn" in cancel()
    with pytest.raises(RunCancelled):
        again()
    assert once(sandbox) == 0
