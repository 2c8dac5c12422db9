"""Templates of a contact list reach the run, its dates and its params: no connection, no Variable, no task.

A campaign file is code, as it decides who gets an SMS. Yet a query that is shown in Airflow, or goes to another
server, must not carry passwords that only the DAGs' Python is trusted with.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ContactsError

if TYPE_CHECKING:
    from jinja2 import Environment

#: Names of Airflow's context that a template of a list may use, beside ``dag_run``, ``params`` and ``macros``.
NAMES = (
    "ds",
    "ds_nodash",
    "ts",
    "ts_nodash",
    "ts_nodash_with_tz",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "prev_data_interval_start_success",
    "prev_data_interval_end_success",
    "prev_start_date_success",
    "prev_end_date_success",
    "partition_key",
    "partition_date",
    "run_id",
)
#: Of these, those that a run without a planned time does not have.
DATES = tuple(each for each in NAMES if each.startswith(("ds", "ts", "logical", "data_interval")))
RUN_FIELDS = (
    "dag_id",
    "run_id",
    "run_type",
    "run_after",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "start_date",
    "partition_key",
    "conf",
)
#: Those that reckon with dates; the others are modules, which lead anywhere.
MACROS = ("datetime", "timedelta", "ds_add", "ds_format", "ds_format_locale")


def list_names(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a template of a contact list may use of a task's context."""
    names = {name: context[name] for name in NAMES if name in context}
    if "dag_run" in context:
        run = context["dag_run"]
        names["dag_run"] = SimpleNamespace(**{name: getattr(run, name) for name in RUN_FIELDS if hasattr(run, name)})
    if "params" in context:
        names["params"] = dict(context["params"])
    return {**names, "macros": _macros()}


def render_list_template(text: str, names: Mapping[str, Any], env: Environment) -> str:
    """Fill in one template.

    :param names: what it may use, of :func:`list_names`.
    :param env: Airflow's environment, whose filters and globals of the DAG it may use, too.
    :raises ContactsError: it uses another name, or one without a value.
    """
    from jinja2 import DictLoader, StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    # An unknown name must not become an empty text: the list would be another one. Files of the DAG folder and names
    # that begin with _, which Airflow allows, are not for a list.
    strict = SandboxedEnvironment(undefined=StrictUndefined, loader=DictLoader({}), cache_size=0)
    strict.filters.update(env.filters)
    strict.globals.update(env.globals)
    try:
        return strict.from_string(text).render(names)
    except TemplateError as error:
        raise ContactsError(
            f"A template of the contact list cannot be filled in: {str(error)[:200]}.",
            action=_of_planned_run(error, names)
            or "Nothing was prepared. It reaches the run, its dates and params, but no connection, Variable or "
            "task: the output of an earlier task brings anything else.",
        ) from None


def _of_planned_run(error: Exception, names: Mapping[str, Any]) -> str:
    """The advice if a date is missing that Airflow gives to planned runs alone; empty for any other error."""
    text, run = str(error), names.get("dag_run")
    missing = next((each for each in DATES if f"'{each}'" in text and names.get(each) is None), None)
    if missing is None and getattr(run, "logical_date", None) is None and "None" in text:
        missing = "logical_date"  # {{ dag_run.logical_date.year }}
    if missing is None or getattr(run, "run_after", None) is None:
        return ""
    return (
        f"Nothing was prepared. Airflow gives {missing} to a planned run; a run that was started by hand or by an "
        "asset has none. Write {{ dag_run.run_after.strftime('%Y-%m-%d') }}, which every run has; it is in UTC."
    )


def _macros() -> SimpleNamespace:
    from airflow.sdk.execution_time import macros

    return SimpleNamespace(**{name: getattr(macros, name) for name in MACROS if hasattr(macros, name)})
