"""``ovh-sms schema``: the JSON Schema of a file, for an editor."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class FileKind(StrEnum):
    """The files that people write."""

    CAMPAIGN = "campaign"
    ACCOUNT = "account"


def print_schema(kind: Annotated[FileKind, typer.Argument(metavar="KIND", help="campaign or account.")]) -> None:
    """Print the JSON Schema of a campaign file or an account file, by which an editor completes and checks it."""
    import json

    from ovh_sms.campaign.account_file import AccountFile
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.json_schema import file_schema

    schema = file_schema(Campaign if kind is FileKind.CAMPAIGN else AccountFile)
    typer.echo(json.dumps(schema, indent=2, ensure_ascii=False))
