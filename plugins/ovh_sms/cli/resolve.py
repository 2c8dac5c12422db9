"""``ovh-sms resolve``: record a person's resolution of an unknown outcome."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer

from ovh_sms.cli.arguments import AsJson
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

_TAG = re.compile(r"[A-Za-z0-9_.-]{1,20}")
_CODE = re.compile(r"[0-9a-f]{6}")


class Resolution(StrEnum):
    """Whether the write is known to be made, or is to be made now."""

    SENT = "sent"
    SEND = "send"


def resolve_outcome(
    tag: Annotated[str, typer.Argument(metavar="TAG", help="Tag that the task's error names.")],
    code: Annotated[
        str,
        typer.Argument(metavar="CODE", help="Code that the task's error names; valid for one unknown outcome only."),
    ],
    resolution: Annotated[
        Resolution,
        typer.Argument(
            metavar="sent|send", help="sent: it was made, do nothing again; send: OVH has nothing of it, make it now."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Resolve a submission or an order whose outcome is unknown.

    Check OVH's manager first: 'send' sends. Records the resolution for the task, whose error names TAG and CODE.
    Clear the task in Airflow afterwards. Run this on a machine that reaches Airflow's database, or make the
    Variable in Airflow's UI.
    """
    if not _TAG.fullmatch(tag) or not _CODE.fullmatch(code):
        raise ConfigurationError(
            f"{tag} {code} is not a tag with its code.", action="Nothing was resolved. Copy both from the task's error."
        )
    from ovh_sms.cli.airflow_connections import set_variable
    from ovh_sms.hooks.resolutions import PREFIX

    name, value = f"{PREFIX}{tag}", f"{code} {resolution.value}"
    set_variable(name, value)
    show(
        f"Recorded: {name} = {value}\nNow clear the task in Airflow: it follows the resolution.",
        {"tag": tag, "code": code, "resolution": resolution.value, "variable": name},
        as_json=as_json,
    )
