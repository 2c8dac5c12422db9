"""Tasks that load receivers slots, and the slots they leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.private_files import private_folder
from ovh_sms.settings import data_path
from support.airflow_task import context


def prepared(folder: Path, rows: int = 3, first: int = 0) -> dict[str, Any]:
    source = folder / "list.csv"
    source.write_text("number;name\n" + "".join(f"063998{n:04d};Ann{n}\n" for n in range(first, first + rows)))
    fiction = ContactOptions(allow_fiction=True)
    out = private_folder(data_path() / "spring" / folder.name)
    made = prepare(source, out=out, message="#name#", stop_clause=False, options=fiction)
    return made.batches[0].to_xcom()


def upload(given: dict[str, Any] | None, **changes: Any) -> UploadReceiversOperator:
    return UploadReceiversOperator(task_id="upload_receivers", prepared=given, **changes)


def free(receivers: dict[str, Any] | None) -> bool:
    task = FreeReceiversSlotOperator(task_id="free", receivers=receivers)
    return task.execute(context(task_id="free"))


def used() -> list[int]:
    return OvhSmsHook().client.receivers.ids()


def fill_all(folder: Path) -> dict[str, Any]:
    """Load all nine slots; returns the output of the last upload."""
    given = prepared(folder)
    return [upload(given).execute(at_upload(f"run_{run}")) for run in range(9)][-1]


def at_upload(run_id: str = "run_1") -> dict[str, Any]:
    return context(task_id="upload_receivers", run_id=run_id)


def twin(given: dict[str, Any], number: int, run_id: str = "run_1") -> dict[str, Any]:
    """The same list in a further slot, as a request leaves it that is executed after its process has died."""
    client, receivers = OvhSmsHook().client, upload(given).execute(at_upload(run_id))
    document = client.documents.create("late.csv", tags={})
    client.documents.upload(document.put_url, Path(given["list_path"]))
    client.receivers.create(number, description=receivers["description"], document_id=document.id)
    return receivers
