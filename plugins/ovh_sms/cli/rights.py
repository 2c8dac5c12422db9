"""``ovh-sms rights``: the fewest rights for what a key is for, asked for at OVH or as an IAM policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.cli.airflow_connections import OVH_CONNECTION
from ovh_sms.cli.arguments import AsJson
from ovh_sms.cli.completion import complete_purposes, complete_sms_account
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.api.credentials import Credentials
    from ovh_sms.api.key_request import RequestedKey

#: The account in a list of rights, if nobody names one.
ANY_ACCOUNT = "sms-xx12345-1"


def show_rights(
    account: Annotated[
        str | None,
        typer.Option(
            metavar="ACCOUNT",
            help="SMS account in the rules; with --request, the connection's own alone.",
            autocompletion=complete_sms_account,
        ),
    ] = None,
    purposes: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="PURPOSE,…",
            help="What the key is for; all purposes are listed without it.",
            autocompletion=complete_purposes,
        ),
    ] = "",
    request: Annotated[bool, typer.Option(help="Ask OVH for a consumer key with exactly these rules.")] = False,
    iam: Annotated[bool, typer.Option(help="Print the IAM policy for an OAuth2 client instead.")] = False,
    connection: Annotated[
        str, typer.Option(metavar="ID", help="With --request: Airflow connection that has the application key.")
    ] = OVH_CONNECTION,
    region: Annotated[str, typer.Option(metavar="eu|ca|us", help="With --iam: region of the account.")] = "eu",
    as_json: AsJson = False,
) -> None:
    """Print the fewest access rules for some purposes.

    With --request, OVH makes a consumer key and names an address: open it, log in, choose how long the key is valid.
    Before that the key does nothing. It is shown once, and stored nowhere.
    """
    names = [each.strip() for each in purposes.split(",") if each.strip()]
    if request and iam:
        raise ConfigurationError(
            "--request makes a consumer key, --iam a policy for an OAuth2 client.",
            action="Nothing was asked for. Give one of them.",
        )
    if not names:
        if request or iam:
            raise ConfigurationError("Nobody said what the key is for.", action="Nothing was asked for. Give --for.")
        _list_purposes(as_json=as_json)
    elif iam:
        _show_policy(names, account or ANY_ACCOUNT, region)
    else:
        _show_rules(names, account, connection if request else None, as_json=as_json)


def _list_purposes(*, as_json: bool) -> None:
    from ovh_sms.api.purposes import PURPOSES

    width = max(map(len, PURPOSES))
    lines = [f"{each.name:{width}}  {each.about}: {', '.join(each.used_by)}" for each in PURPOSES.values()]
    lines.append("Rules: ovh-sms rights --account ACCOUNT --for PURPOSE,PURPOSE")
    values = [{"name": each.name, "about": each.about, "used_by": each.used_by} for each in PURPOSES.values()]
    show("\n".join(lines), {"purposes": values}, as_json=as_json)


def _show_rules(names: Sequence[str], account: str | None, connection: str | None, *, as_json: bool) -> None:
    from ovh_sms.api.purposes import with_others
    from ovh_sms.api.rights import needed_rules

    asked = with_others(names)
    application, account = _application(connection, account) if connection else (None, account or ANY_ACCOUNT)
    rules = needed_rules(asked, account)
    values: dict[str, Any] = {"account": account, "purposes": asked, "rules": rules}
    lines = [*rules]
    if more := [each for each in asked if each not in names]:
        lines.insert(0, f"# with those of {', '.join(more)}, which are needed too")
    if application is not None:
        key = _ask(application, rules)
        values |= {"consumer_key": key.consumer_key, "validation_url": key.validation_url, "state": key.state}
        lines += [
            "",
            f"Open this address, log in, and choose how long the key is valid: {key.validation_url}",
            f"Then put it into the field Consumer key of the connection {connection} "
            f"(`consumer_key` in its extra): {key.consumer_key}",
            "The key does nothing before that, and is stored nowhere else.",
        ]
    show("\n".join(lines), values, as_json=as_json)


def _application(connection: str, account: str | None) -> tuple[Credentials, str]:
    from ovh_sms.cli.airflow_connections import ovh_application

    return ovh_application(connection, account)


def _ask(application: Credentials, rules: Sequence[str]) -> RequestedKey:
    from ovh_sms.api.key_request import request_consumer_key

    return request_consumer_key(application, rules)


def _show_policy(names: Sequence[str], account: str, region: str) -> None:
    from ovh_sms.accounts.iam_policy import iam_policy
    from ovh_sms.api.purposes import with_others

    if region not in ("eu", "ca", "us"):
        raise ConfigurationError(f"There is no region {region!r}.", action="Use eu, ca or us.")
    policy = iam_policy(with_others(names), account, region=region)
    show(json.dumps(policy, indent=2), policy, as_json=False)
