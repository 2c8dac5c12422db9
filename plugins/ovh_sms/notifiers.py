"""Airflow's notifiers that a setting names: mail, Slack, Teams and any other that is installed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Context

#: Environment variable with the notifiers of broken files.
SETTING = "OVH_SMS_NOTIFY"
_EXAMPLE = '[{"notifier": "airflow.providers.smtp.notifications.smtp.SmtpNotifier", "arguments": {"to": "me@shop.fr"}}]'

Notify = Callable[["Context"], Any]


class NamedNotifier:
    """Calls one of Airflow's notifiers; its class is imported when it is called, as a DAG file must stay quick.

    :param notifier: full name of the class.
    :param arguments: its own, which may hold templates.
    """

    def __init__(self, notifier: str, arguments: Mapping[str, Any]) -> None:
        self.notifier = notifier
        self.arguments = dict(arguments)

    def __call__(self, context: Context) -> None:
        """Notify; ``{{ sms_title }}`` and ``{{ sms_text }}`` in the arguments are the DAG and its error."""
        texts: Any = {"sms_title": context["dag"].dag_id, "sms_text": str(context.get("exception", ""))}
        self.make()(context | texts)

    def make(self) -> Notify:
        """Make the notifier.

        :raises ConfigurationError: there is no such class, or it refuses the arguments.
        """
        module, _, name = self.notifier.rpartition(".")
        try:
            made = getattr(import_module(module), name)(**self.arguments)
        except Exception as error:  # of the class itself
            raise ConfigurationError(
                f"The notifier {self.notifier!r} cannot be made: {type(error).__name__}: {error}.",
                action="Nobody is notified. Give the full name of a notifier that is installed, with its arguments.",
            ) from error
        if not callable(made):
            raise ConfigurationError(
                f"{self.notifier!r} is no notifier.", action="Nobody is notified. Give the full name of a class."
            )
        notify: Notify = made
        return notify


def named_notifiers(given: Sequence[Any], *, setting: str) -> list[NamedNotifier]:
    """Read a list of ``{"notifier": …, "arguments": {…}}``.

    :param setting: the place of the list, to begin an error with.
    :raises ConfigurationError: an item has another form.
    """
    for each in given:
        is_form = isinstance(each, Mapping) and set(each) <= {"notifier", "arguments"}
        if not is_form or not isinstance(each.get("notifier"), str) or not isinstance(each.get("arguments", {}), dict):
            raise ConfigurationError(
                f"{setting} holds something other than a notifier and its arguments.",
                action=f"Nobody is notified. Write it as {_EXAMPLE}.",
            )
    return [NamedNotifier(each["notifier"], each.get("arguments", {})) for each in given]


def notifiers_of_broken_files() -> list[NamedNotifier]:
    """Read the notifiers that ``OVH_SMS_NOTIFY`` names, a list in JSON; none without it.

    :raises ConfigurationError: it is no such list.
    """
    text = os.environ.get(SETTING, "").strip()
    if not text:
        return []
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, list):
        raise ConfigurationError(
            f"{SETTING} is no list in JSON.", action=f"Nobody is notified. Write it as {_EXAMPLE}."
        )
    return named_notifiers(given, setting=SETTING)
