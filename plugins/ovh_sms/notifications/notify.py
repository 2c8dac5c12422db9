"""Reports a run through the campaign's notifiers, each subject once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.notifications.make_notifier import make_notifier
from ovh_sms.notifications.summary import summarise

if TYPE_CHECKING:
    import logging

    from airflow.sdk import Context

    from ovh_sms.notifications.summary import Summary
    from ovh_sms.report.models import Figures
    from ovh_sms.store.store import Store

#: What a run is notified about: its figures once, and a threshold of STOPs that is crossed, perhaps later.
FIGURES, OPT_OUTS = "figures", "stop_threshold"


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
    :raises ConfigurationError: a notifier cannot be made; names it. The others were used.
    """
    from ovh_sms.notifications.run_status import first_lines

    def summary(language: str) -> Summary:
        lines = first_lines(store, figures.dag_id, figures.run_id, language)
        return summarise(figures, language=language, first=" ".join(lines))

    return use_notifiers(
        entries,
        list(subjects_of(figures)),
        summary,
        run=(figures.dag_id, figures.run_id),
        claimed_by=task_name(context),
        store=store,
        context=context,
        log=log,
    )


def task_name(context: Context) -> str:
    """Name a task that notifies: the same in every try, different for every other."""
    ti = context["ti"]
    return f"{ti.dag_id} {ti.run_id} {ti.task_id} {ti.map_index}"[-250:]


def use_notifiers(
    entries: Sequence[Mapping[str, Any]],
    subjects: Sequence[str],
    summary: Callable[[str], Summary],
    *,
    run: tuple[str, str],
    claimed_by: str,
    store: Store,
    context: Context,
    log: logging.Logger | Any,
) -> int:
    """Use each notifier for the subjects that were not reported through it yet; one that fails hinders no other.

    :param summary: makes the text in a language.
    :param run: DAG and run that it is about.
    :param claimed_by: the process that notifies, the same in every try.
    :returns: how many notifications were made.
    :raises Exception: that of a notifier, once all were used; rather one that may pass than one that stays.
    """
    made, errors, (dag_id, run_id) = 0, list[Exception](), run
    for number, entry in enumerate(entries):
        named = [f"{each}:{number}" for each in subjects]
        ours = [each for each in named if store.notifications.claim(dag_id, run_id, each, claimed_by=claimed_by)]
        if not ours:
            continue
        try:
            said = summary(entry.get("language", "en"))
            texts = {"sms_title": said.title, "sms_text": said.text, "sms_html": said.html}
            make_notifier(entry["notifier"], entry.get("arguments", {}))({**context, **texts})
        except Exception as error:  # of the class itself
            log.warning("not notified notifier=%s error=%s", entry["notifier"], type(error).__name__)
            errors.append(error)
            for each in ours:
                store.notifications.release(dag_id, run_id, each, claimed_by=claimed_by)
            continue
        for each in ours:
            store.notifications.done(dag_id, run_id, each)
        log.info("notified notifier=%s subjects=%s", entry["notifier"], ",".join(ours))
        made += 1
    if errors:
        raise next((each for each in errors if getattr(each, "is_retryable", True)), errors[0])
    return made
