"""Starts the run of a resend in Airflow: one run, however many people ask for it at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.sending.resend import ResendOffer
    from ovh_sms.store.resends import Resend
    from ovh_sms.store.store import Store

_ENDED = ("success", "failed")
_NOTHING = "Nothing was sent again."


@dataclass(frozen=True, kw_only=True)
class StartedResend:
    """A resend whose run Airflow knows.

    :param is_new: whether this call has started it; another person did otherwise, and it is under way.
    """

    resend: Resend
    is_new: bool


def start_resend(store: Store, offer: ResendOffer, *, by: str) -> StartedResend:
    """Record that a person asked for a resend, and start its run; or find the one that is under way.

    The run's id is made from the resend's: Airflow knows it once, also if two processes start it. For processes that
    may write Airflow's database: an API server, a command.

    :param by: the person.
    :raises ConfigurationError: there is nothing to resend, or Airflow starts no run of the DAG.
    """
    wanted = offer.resend(by=by, at=store.clock.now())
    while True:
        resend = store.resends.ask(wanted)
        state = _state(resend)
        if state in _ENDED:
            store.resends.close(resend.resend)
            continue
        if state is None:
            if not offer.messages:
                store.resends.close(resend.resend)
                raise ConfigurationError(
                    f"Run {offer.run_id} has no message that failed for a temporary reason and is not sent again yet.",
                    action=f"{_NOTHING} Messages count once their delivery receipts are collected.",
                )
            _start(store, resend)
        is_new = resend.resend == wanted.resend
        if is_new:
            detail = f"dag={resend.dag_id} run={resend.source_run_id} resend={resend.resend} messages={offer.messages}"
            store.audit.record("resend", by, detail)
        return StartedResend(resend=resend, is_new=is_new)


def _state(resend: Resend) -> str | None:
    """State of the resend's run in Airflow; ``None`` if there is none."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        found = [str(run.state) for run in DagRun.find(dag_id=resend.dag_id, run_id=resend.run_id, session=session)]
    return found[0] if found else None


def _start(store: Store, resend: Resend) -> None:
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.exceptions import DagRunAlreadyExists
    from airflow.models.dag import DagModel
    from airflow.sdk.exceptions import AirflowException
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType

    with create_session() as session:
        known = session.get(DagModel, resend.dag_id)
        is_there = known is not None and not known.is_stale
    try:
        if not is_there:
            raise ValueError("Airflow has no such DAG")
        trigger_dag(
            resend.dag_id,
            run_id=resend.run_id,
            conf={"resend": resend.resend},
            triggered_by=DagRunTriggeredByType.REST_API,
            triggering_user_name=resend.asked_by,
            note=f"Sends failed messages of {resend.source_run_id} again.",
        )
    except DagRunAlreadyExists:
        return
    except (AirflowException, ValueError) as error:
        store.resends.close(resend.resend)
        raise ConfigurationError(
            f"Airflow starts no run of {resend.dag_id}: {str(error)[:200]}.",
            action=f"{_NOTHING} Check that its campaign file is there, and that the DAG can be started by hand.",
        ) from error
    except Exception:  # of the database's driver: another process may have started it at this moment
        if _state(resend) is None:
            raise
