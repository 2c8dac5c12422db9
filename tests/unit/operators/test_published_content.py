"""A run prepared anew while a task is about to send: the claim refuses to send what is published no more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from ovh_sms.errors import RequestChanged
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.store import tables
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.sent import send_batch
from support.tries import Beside, held, sent

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")

MESSAGE = "Bonjour #prenom#"
TERMS = {"sender": "MYSHOP", "sender_for_response": False, "stop_clause": False}


def prepare(folder: Path, message: str = MESSAGE, **terms: Any) -> dict[str, Any]:
    """Prepare the run's list of two people; the same list with any message and terms."""
    (folder / "list.csv").write_text("numero;prenom\n0639980000;P0\n0639980001;P1\n")
    given = {"campaign": "spring", "contacts": str(folder / "list.csv"), "message": message, "stop_clause": False}
    task = PrepareContactsOperator(task_id="prepare", terms={**TERMS, **terms}, **given)
    return task.execute(context(task_id="prepare"))


def upload(prepared: dict[str, Any]) -> dict[str, Any]:
    task = UploadReceiversOperator(task_id="upload_receivers", prepared=prepared)
    return task.execute(context(task_id="upload_receivers"))


def about_to_claim(sandbox: SandboxProcess, make: Callable[[], Any]) -> AbstractContextManager[Beside]:
    """Hold a task that has read the content and the list at its last call before the claim: that for the credits."""
    return held(sandbox, make, method="GET", path=f"/sms/{sandbox.account_name}")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"message": "Bonsoir #prenom#"}, "message"),
        ({"sender": "MYSHOP2"}, "sender"),
        ({"sender": None, "sender_for_response": True}, "sender and sender_for_response"),
        ({"stop_clause": True}, "stop_clause"),
    ],
    ids=str,
)
def test_content_published_anew_before_the_claim_is_never_mixed_with_the_old(
    sandbox: SandboxProcess, tmp_path: Path, changed: dict[str, Any], named: str
) -> None:
    prepared = prepare(tmp_path)
    receivers = upload(prepared)
    with about_to_claim(sandbox, lambda: send_batch(prepared, receivers)) as beside:
        assert prepare(tmp_path, **changed)["digest"] == prepared["digest"]
    assert isinstance(beside.error, RequestChanged)
    assert f"another {named} " in str(beside.error)
    assert "Nothing was sent. Clear the task that prepares the list" in str(beside.error)
    assert sum(sent(sandbox).values()) == 0
    assert not ResultsHook().store.published_lists.has_started("a_dag", "run_1")


def test_the_same_content_published_anew_before_the_claim_is_sent(sandbox: SandboxProcess, tmp_path: Path) -> None:
    prepared = prepare(tmp_path)
    receivers = upload(prepared)
    with about_to_claim(sandbox, lambda: send_batch(prepared, receivers)) as beside:
        prepare(tmp_path)
    assert beside.error is None
    assert sent(sandbox) == {("Bonjour P0", "+33639980000"): 1, ("Bonjour P1", "+33639980001"): 1}


def test_a_list_whose_files_were_replaced_before_the_claim_is_not_sent(sandbox: SandboxProcess, tmp_path: Path) -> None:
    prepared = prepare(tmp_path)
    receivers = upload(prepared)
    with about_to_claim(sandbox, lambda: send_batch(prepared, receivers)) as beside:
        prepare(tmp_path, "Bonsoir #prenom#")
        prepare(tmp_path)
    assert isinstance(beside.error, RequestChanged)
    assert "another folder of the list " in str(beside.error)
    assert sum(sent(sandbox).values()) == 0


def test_content_published_first_before_the_claim_is_compared_too(sandbox: SandboxProcess, tmp_path: Path) -> None:
    prepared = prepare(tmp_path)
    receivers = upload(prepared)
    store = ResultsHook().store
    with store.database.writing() as connection:
        connection.execute(delete(tables.published_lists))
    with about_to_claim(sandbox, lambda: send_batch(prepared, receivers)) as beside:
        prepare(tmp_path, "Bonsoir #prenom#")
    assert isinstance(beside.error, RequestChanged)
    assert sum(sent(sandbox).values()) == 0
