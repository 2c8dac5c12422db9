"""The rejected rows of a run, by reason, and their file for those who may see phone numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from ovh_sms.contacts.prepared_list import REJECTS_NAME
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import ReadableRun, RunWithNumbers
from ovh_sms.dashboard.view import ViewDep
from ovh_sms.errors import OvhSmsError
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.object_storage.stored_path import StoredPath, as_path, blocks
from ovh_sms.settings import data_path, inside_data

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class RejectsFile:
    """The rejects of one list that a run published.

    :param list_tag: names the list.
    :param is_here: whether this API server reaches the file.
    """

    list_tag: str
    is_here: bool


@router.get("/rejects", response_class=HTMLResponse)
def rejects(run: ReadableRun, view: ViewDep) -> HTMLResponse:
    """Show how many rows were rejected for which reason."""
    records = [each.record for each in store().run_results.of_run(run.dag_id, run.run_id)]
    lists = store().published_lists.of_run(run.dag_id, run.run_id)
    counted = Counter[str]()
    for record in records:
        counted.update(record.rejected)
    is_counted = bool(records) and all(each.rows is not None for each in records)
    meanings = {reason.value: reason.meaning for reason in RejectReason}
    return view.page(
        "rejects.html.j2",
        run=run,
        record=records[0] if records else None,
        campaign=records[0].campaign if records else run.dag_id,
        reasons=[(name, meanings.get(name, ""), number) for name, number in counted.most_common()],
        rejected=sum(counted.values()),
        rows=sum(each.rows or 0 for each in records) if is_counted else None,
        files=[RejectsFile(list_tag=each.list_tag, is_here=_file(each.folder) is not None) for each in lists],
    )


@router.get("/rejects.csv")
def rejects_csv(run: RunWithNumbers, view: ViewDep, list_tag: str) -> Response:
    """Give the rejects of one list; its values may be phone numbers, so it is recorded who took them."""
    lists = store().published_lists.of_run(run.dag_id, run.run_id)
    file = next((_file(each.folder) for each in lists if each.list_tag == list_tag), None)
    if file is None:
        raise HTTPException(404, "This file is not in the data folder of the API server.")
    store().audit.record("open", view.rights.user_name, f"rejects downloaded: {run.dag_id}, {run.run_id}")
    name, kind = f"rejects_{list_tag}.csv", "text/csv; charset=utf-8"
    if isinstance(file, StoredPath):
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return StreamingResponse(blocks(file), media_type=kind, headers=headers)
    return FileResponse(file, media_type=kind, filename=name)


def _file(folder: str) -> Path | None:
    """Find the rejects of a published list; ``None`` unless it really lies in the data folder, links followed."""
    try:
        file = inside_data(as_path(folder) / REJECTS_NAME).resolve(strict=True)
    except (OvhSmsError, OSError, ValueError):
        return None
    is_ours = file.name == REJECTS_NAME and file.is_file() and data_path().resolve() in file.parents
    return file if is_ours else None
