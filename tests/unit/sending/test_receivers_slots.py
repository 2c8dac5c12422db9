"""The last check of a receivers slot before the POST."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.errors import ReceiversMismatch
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.sending.receivers_slots import UploadedReceivers, check_slot
from support.sandbox import SandboxProcess
from support.sent import batches, upload


def test_a_slot_that_holds_another_number_of_receivers_is_refused(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, 100, rows=3)
    loaded = UploadedReceivers.from_xcom(upload(batch))
    client = OvhSmsHook().client
    check_slot(client, loaded.slot, description=loaded.description, records=3)
    with pytest.raises(ReceiversMismatch, match="3"):
        check_slot(client, loaded.slot, description=loaded.description, records=4)
