"""Makes broken files an import error of Airflow, on its first page, without hiding any DAG."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from airflow.sdk import get_parsing_context

from ovh_sms.campaign.account_files import AccountFolder, load_accounts
from ovh_sms.campaign.yaml_files import InvalidFile
from ovh_sms.dag_factories.broken_campaign import BrokenCampaign
from ovh_sms.dag_factories.campaign import read_campaigns
from ovh_sms.errors import BrokenFiles, ConfigurationError
from ovh_sms.notifications.broken_files import notifiers_of_broken_files


def refuse_broken_files(include: Path) -> None:
    """Raise one error that names every broken file. For a DAG file of its own: one that raises loses all its DAGs.

    :param include: folder that holds ``campaigns/`` and ``accounts/``.
    :raises BrokenFiles: some files, or the setting of the notifiers, cannot be used.
    """
    if get_parsing_context().dag_id is not None:
        return  # the process of another DAG: there is none here
    found = list(_broken(include))
    if found:
        raise BrokenFiles(
            "\n".join(["Broken files:", *(f"- {each}" for each in found)]),
            action="\nEverything else goes on. Correct the places named: this error then goes away within a minute.",
        )


def _broken(include: Path) -> Iterator[str]:
    """Describe each broken file."""
    campaigns = read_campaigns(include, AccountFolder(include / "accounts"))
    yield from (each.text for each in campaigns if isinstance(each, BrokenCampaign))
    for account in load_accounts(include / "accounts"):
        if isinstance(account, InvalidFile):
            yield f"{account.error} No credits are ordered or transferred by it."
    try:
        for notifier in notifiers_of_broken_files():
            notifier.make()
    except ConfigurationError as error:
        yield str(error)
