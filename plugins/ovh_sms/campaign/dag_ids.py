"""Ids of the DAGs of campaigns: one for each file, valid or not, and two that serve all files."""

from __future__ import annotations

import re

#: Names of campaign and account files: parts of Airflow ids.
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")

#: Before a campaign's name in the id of its DAG.
CAMPAIGN_PREFIX = "sms_campaign_"
#: Before a file's name in the id of the DAG that shows its error.
BROKEN_PREFIX = "sms_broken_"
#: The DAG that collects delivery receipts and reports.
REPORT_DAG = "sms_campaign_report"
#: The DAG that cancels a run.
CANCEL_DAG = "sms_campaign_cancel"
#: DAGs whose ids begin like those of campaigns.
OF_ALL = (REPORT_DAG, CANCEL_DAG)
#: Names that no account file may have: each is that of a task beside those of the accounts, in the DAG named here.
TASK_NAMES = {
    **dict.fromkeys(("plan_transfers", "transfer", "transfers_done"), "sms_credits_topup"),
    **dict.fromkeys(("announce", "every_account"), "sms_replies"),
    "other_accounts": "sms_callbacks",
}


def checked_name(name: str) -> str:
    """Return the name of a campaign if the id of its DAG may have it.

    :raises ValueError: it has other characters, is too long, or gives the id of another DAG.
    """
    if not NAME.fullmatch(name):
        raise ValueError("name the file with lower-case letters, digits and '_', at most 40")
    if campaign_dag_id(name) in OF_ALL:
        raise ValueError(f"'{name}' is taken by the DAG {campaign_dag_id(name)}; rename the file")
    return name


def campaign_dag_id(name: str) -> str:
    """Return the id of a campaign's DAG.

    :param name: of the campaign, which is its file's.
    """
    return f"{CAMPAIGN_PREFIX}{name}"


def broken_dag_id(name: str) -> str:
    """Return the id of the DAG that shows the error of a campaign file.

    :param name: of the file.
    """
    return f"{BROKEN_PREFIX}{name}"


def file_of_dag(dag_id: str) -> str:
    """Return the name of the file that a DAG belongs to; empty if it is no DAG of a campaign file."""
    if dag_id in OF_ALL:
        return ""
    found = (dag_id.removeprefix(each) for each in (CAMPAIGN_PREFIX, BROKEN_PREFIX) if dag_id.startswith(each))
    return next(found, "")


def campaign_of_dag(dag_id: str) -> str:
    """Return the name of the campaign that a DAG sends; the id itself if it is no DAG of a campaign file."""
    return dag_id.removeprefix(CAMPAIGN_PREFIX)
