"""The notifiers of broken campaign files, which a setting names: mail, Slack, Teams and any other of Airflow's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ovh_sms.campaign.notifiers import NotifierEntry
from ovh_sms.errors import ConfigurationError
from ovh_sms.notifications.make_notifier import make_notifier

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier, Context

#: Environment variable with the notifiers, as `notify` of a campaign file has them, in JSON.
SETTING = "OVH_SMS_NOTIFY"
_EXAMPLE = '[{"notifier": "airflow.providers.smtp.notifications.smtp.SmtpNotifier", "arguments": {"to": "me@shop.fr"}}]'
_ENTRIES = TypeAdapter(list[NotifierEntry])


class InvalidFileNotifier:
    """Uses one notifier once the DAG of a broken file has failed; its class is imported then, as a DAG file is quick.

    :param entry: the notifier, as `notify` of a campaign file has it.
    """

    def __init__(self, entry: NotifierEntry) -> None:
        self.entry = entry

    def __call__(self, context: Context) -> None:
        """Notify: the title is the DAG, the text its error."""
        texts: Any = {"sms_title": context["dag"].dag_id, "sms_text": str(context.get("exception", ""))}
        self.make()(context | texts)

    def make(self) -> BaseNotifier:
        """Make the notifier.

        :raises ConfigurationError: there is no such class, or it refuses the arguments.
        """
        return make_notifier(self.entry.notifier, self.entry.arguments, markup="<p>{{ sms_text | e }}</p>")


def notifiers_of_broken_files() -> list[InvalidFileNotifier]:
    """Read the notifiers that ``OVH_SMS_NOTIFY`` names, a list in JSON; none without it.

    :raises ConfigurationError: it is no such list, or names a notifier that does not exist.
    """
    text = os.environ.get(SETTING, "").strip()
    if not text:
        return []
    try:
        return [InvalidFileNotifier(each) for each in _ENTRIES.validate_json(text)]
    except ValidationError as error:
        found = "; ".join(dict.fromkeys(each["msg"].removeprefix("Value error, ") for each in error.errors()))
        raise ConfigurationError(
            f"{SETTING} cannot be used: {found}.",
            action=f"Nobody is notified of a broken file. Write it as {_EXAMPLE}.",
        ) from error
