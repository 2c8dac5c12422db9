"""The messages of a prepared run, merged as their receivers would read them; numbers are masked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import ReadableRun
from ovh_sms.dashboard.view import ViewDep, airflow_run
from ovh_sms.errors import ConfigurationError, OvhSmsError
from ovh_sms.messaging.number_display import masked_number
from ovh_sms.report.campaign_test_words import TEXT_KINDS
from ovh_sms.report.limit_lines import compared_lines, exceeded_line
from ovh_sms.settings import data_path, inside_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.contacts.preview.list_texts import MergedText
    from ovh_sms.contacts.preview.samples import Sample
    from ovh_sms.dashboard.rights import Run
    from ovh_sms.report.language import Translator
    from ovh_sms.store.campaign_approvals import CampaignApproval
    from ovh_sms.store.published_lists import PublishedList

router = APIRouter()
#: Receivers from the beginning of the list who are shown beside the notable ones.
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class ListTexts:
    """The texts of one list that a run published.

    :param notable: the first, the shortest and the longest text; ``first``: the first ones of the list.
    :param is_here: whether this API server reaches the list.
    :param remarks: the list beside the last run that was sent, and the limits that it exceeds.
    :param approval: the approval that the list needs; ``None`` if it needs none.
    """

    message: str
    people: int
    notable: Sequence[Sample]
    first: Sequence[Sample]
    is_here: bool
    remarks: Sequence[str]
    approval: CampaignApproval | None


@router.get("/preview", response_class=HTMLResponse)
def preview(run: ReadableRun, view: ViewDep) -> HTMLResponse:
    """Show the messages of a run; those who may not see values of the list see their names and lengths in place."""
    results = store().run_results.of_run(run.dag_id, run.run_id)
    found = [_texts(each, run, view.say) for each in store().published_lists.of_run(run.dag_id, run.run_id)]
    if run.may_see_numbers and any(each.is_here for each in found):
        store().audit.record("open", view.rights.user_name, f"messages previewed: {run.dag_id}, {run.run_id}")
    record = results[0].record if results else None
    return view.page(
        "preview.html.j2",
        run=run,
        record=record,
        campaign=record.campaign if record else run.dag_id,
        lists=found,
        text_kinds=TEXT_KINDS,
        answer=f"{airflow_run(run.dag_id, run.run_id)}/tasks/approve/required_actions",
    )


def _texts(published: PublishedList, run: Run, say: Translator) -> ListTexts:
    from ovh_sms.contacts.preview.list_texts import first_texts, notable_texts

    message, approval = published.content["message"], store().campaign_approvals.of_list(published.list_tag)
    try:
        prepared = _list(published)
        notable = _samples(prepared, published, notable_texts(prepared, message))
        first = _samples(prepared, published, first_texts(prepared, message, SHOWN))
    except (OvhSmsError, OSError):
        return ListTexts(message=message, people=0, notable=(), first=(), is_here=False, remarks=(), approval=approval)
    return ListTexts(
        message=message,
        people=prepared.accepted,
        notable=notable,
        first=first,
        is_here=True,
        remarks=_remarks(prepared, run, approval, say),
        approval=approval,
    )


def _remarks(prepared: PreparedList, run: Run, approval: CampaignApproval | None, say: Translator) -> list[str]:
    """Sentences that compare a list with the last run that was sent, and with the limits that it exceeds."""
    from ovh_sms.contacts.reject_limit import faults

    last = store().last_runs.before(run.dag_id, run.run_id)
    lost = sum(faults(prepared).values())
    exceeded = [] if approval is None else (approval.figures or {}).get("exceeded", [])
    return [
        *compared_lines(say, people=prepared.accepted, rows=prepared.rows, faults=lost, last=last),
        *(
            exceeded_line(say, each["name"], each["numbers"])
            for each in exceeded
            # The others are about the last run, which is compared above if there is one.
            if last is None or each["name"] in {"rows", "price"}
        ),
    ]


def _list(published: PublishedList) -> PreparedList:
    """Read a published list, if it and its files really lie in the data folder, links followed.

    :raises OvhSmsError: it is gone, or lies elsewhere.
    :raises OSError: a file of it is gone.
    """
    from ovh_sms.contacts.prepared_list import PreparedList

    found = PreparedList.load(inside_data(published.folder))
    for batch in found.batches:
        if data_path().resolve() not in batch.list_path.resolve(strict=True).parents:
            raise ConfigurationError("The prepared list lies outside of the data folder.")
    return found


def _samples(prepared: PreparedList, published: PublishedList, rows: Sequence[MergedText]) -> list[Sample]:
    """Mask the numbers in some texts, and count their characters and segments."""
    from ovh_sms.contacts.options import ContactOptions
    from ovh_sms.contacts.preparation import PreparationRequest
    from ovh_sms.contacts.preview.notable_rows import AcceptedRow
    from ovh_sms.contacts.preview.samples import SampleWriter

    content = published.content
    request = PreparationRequest(
        contacts=str(prepared.source),
        message=content["message"],
        stop_clause=bool(content.get("stop_clause", True) and content.get("sender")),
        options=ContactOptions(region=prepared.region),
    )
    writer = SampleWriter(request, show_numbers=False)
    return [
        replace(
            writer.sample(AcceptedRow(0, each.number, dict(each.values)), each.kinds), number=masked_number(each.number)
        )
        for each in rows
    ]
