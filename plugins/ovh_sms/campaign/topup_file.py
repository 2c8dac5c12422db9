"""The account top-up file: when credits of an SMS account are ordered, and how many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from ovh_sms.campaign.campaign_file import NAME
from ovh_sms.campaign.yaml_files import InvalidFile, NamedFile, load_folder
from ovh_sms.errors import CampaignFileError


class Topup(NamedFile):
    """When credits of an SMS account are ordered, and how many.

    :param name: from the file's name.
    :param connection: Airflow connection to OVH.
    :param account: SMS account; the connection's own if not given.
    :param threshold: credits below which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that is ordered without a person.
    """

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    connection: str = "ovh_sms_default"
    account: str | None = None
    threshold: Annotated[float, Field(gt=0, le=10_000_000)]
    quantity: Annotated[int, Field(ge=100, le=1_000_000)]
    max_price: Annotated[float, Field(gt=0, le=1_000_000)]


def load_topups(folder: Path) -> list[Topup | InvalidFile]:
    """Read every top-up file; two that may order for one account are both refused."""
    found = list(load_folder(folder, Topup))
    return [_refuse_shared(each, found) if isinstance(each, Topup) else each for each in found]


def _refuse_shared(topup: Topup, found: list[Topup | InvalidFile]) -> Topup | InvalidFile:
    """Refuse a file if another one may name the same SMS account."""
    others = [
        f"'{other.name}'"
        for other in found
        if isinstance(other, Topup)
        and other is not topup
        and other.connection == topup.connection
        # Without `account` it is the connection's own, which the other file may name.
        and (other.account == topup.account or not other.account or not topup.account)
    ]
    if not others:
        return topup
    error = CampaignFileError(
        f"accounts file '{topup.name}': connection '{topup.connection}' and field `account` may name the same SMS "
        f"account as in {' and '.join(others)}; credits would be ordered twice.",
        action="Nothing is ordered. Name a different `account` in each file, or remove one.",
    )
    return InvalidFile(topup.name, error)
