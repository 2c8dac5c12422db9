"""Reports the figures of a run through the campaign's notifiers, each subject once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from ovh_sms.errors import ConfigurationError
from ovh_sms.notifications.summary import summarise

if TYPE_CHECKING:
    import logging

    from airflow.sdk import Context

    from ovh_sms.report.models import Figures
    from ovh_sms.store.store import Store

#: What a run is notified about: its figures once, and a threshold of STOPs that is crossed, perhaps later.
FIGURES, OPT_OUTS = "figures", "stop_threshold"
#: Parameters of notifiers that take the title, the text and the markup; the first one that a notifier has is filled.
_PARAMETERS = {
    "sms_title": ("subject", "title"),
    "sms_text": ("text", "body", "message", "msg", "content"),
    "sms_html": ("html_content",),
}


def subjects_of(figures: Figures) -> Iterator[str]:
    """Yield what there is to notify about."""
    if not figures.is_partial:
        yield FIGURES
    if figures.is_over_stop_threshold:
        yield OPT_OUTS


def notify(
    entries: Sequence[Mapping[str, Any]], figures: Figures, *, store: Store, context: Context, log: logging.Logger | Any
) -> int:
    """Report the figures of a run through each notifier, once: another task, or this one again, does not repeat it.

    :param entries: ``notifier``, ``arguments`` and ``language`` of each.
    :returns: how many notifications were made.
    :raises ConfigurationError: a notifier cannot be made; names it.
    """
    ti, made = context["ti"], 0
    task = f"{ti.dag_id} {ti.run_id} {ti.task_id} {ti.map_index}"[-250:]
    run = {"dag_id": figures.dag_id, "run_id": figures.run_id}
    for number, entry in enumerate(entries):
        subjects = [f"{each}:{number}" for each in subjects_of(figures)]
        ours = [each for each in subjects if store.notifications.claim(**run, subject=each, claimed_by=task)]
        if not ours:
            continue
        summary = summarise(figures, language=entry.get("language", "en"))
        texts = {"sms_title": summary.title, "sms_text": summary.text, "sms_html": summary.html}
        notifier = make_notifier(entry["notifier"], entry.get("arguments", {}))
        notifier({**context, **texts})
        for each in ours:
            store.notifications.done(**run, subject=each)
        log.info("notified notifier=%s subjects=%s", entry["notifier"], ",".join(ours))
        made += 1
    return made


def make_notifier(path: str, arguments: Mapping[str, Any]) -> BaseNotifier:
    """Make a notifier; its parameters for title, text and markup are filled unless the arguments give them.

    :raises ConfigurationError: it cannot be imported, is no notifier, or refuses the arguments.
    """
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
        if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
            raise TypeError("it is no notifier of Airflow")
        return found(**_filled(found, arguments))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"The notifier {path} of `notify` cannot be used: {error}.",
            action="Nobody was notified; the report is written. Correct the campaign file for the next run.",
        ) from error


def _filled(notifier: type[BaseNotifier], arguments: Mapping[str, Any]) -> dict[str, Any]:
    known = inspect.signature(notifier.__init__).parameters
    given = dict(arguments)
    for text, names in _PARAMETERS.items():
        fitting = [name for name in names if name in known]
        if fitting and not any(name in given for name in fitting):
            given[fitting[0]] = f"{{{{ {text} }}}}"
    return given
