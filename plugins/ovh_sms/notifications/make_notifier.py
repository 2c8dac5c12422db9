"""Makes any notifier of Airflow, and fills its parameters for title, text and markup."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from airflow.sdk import BaseNotifier

from ovh_sms.errors import ConfigurationError

#: Parameters of notifiers that take the title, the text and the markup; the first one that a notifier has is filled.
_PARAMETERS = {
    "{{ sms_title }}": ("subject", "title"),
    "{{ sms_text }}": ("text", "body", "message", "msg", "content"),
    "{{ sms_html }}": ("html_content",),
}
_MARKUP = "{{ sms_html }}"


def make_notifier(path: str, arguments: Mapping[str, Any], *, markup: str = _MARKUP) -> BaseNotifier:
    """Make a notifier; its parameters for title, text and markup are filled unless the arguments give them.

    :param path: full name of its class.
    :param markup: template of the markup.
    :raises ConfigurationError: it cannot be imported, is no notifier, or refuses the arguments.
    """
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
        if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
            raise TypeError("it is no notifier of Airflow")
        return found(**_filled(found, arguments, markup))
    except Exception as error:  # of the class itself
        raise ConfigurationError(
            f"The notifier {path!r} cannot be used: {type(error).__name__}: {error}.",
            action="It notified nobody; nothing else is stopped by it. Give the full name of a notifier that is "
            "installed, with its arguments.",
        ) from error


def _filled(notifier: type[BaseNotifier], arguments: Mapping[str, Any], markup: str) -> dict[str, Any]:
    known = inspect.signature(notifier.__init__).parameters
    given = dict(arguments)
    for text, names in _PARAMETERS.items():
        fitting = [name for name in names if name in known]
        if fitting and not any(name in given for name in fitting):
            given[fitting[0]] = markup if text == _MARKUP else text
    return given
