"""The Airflow plugin: the pages of the dashboard, the addresses that OVH calls, the listener for runs marked failed.

Every Airflow process imports this module, task processes too: it imports nothing heavy.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from ovh_sms.listeners import dag_run

log = logging.getLogger(__name__)

#: The file of the plugins folder that registers the plugin, as Airflow names its module.
FOLDER_MODULE = "ovh_sms_plugin"


class LazyDashboard:
    """Imports the pages when they are needed: in the API server alone."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request; refuse all of them if this Airflow's security is not the one that the pages know."""
        try:
            from ovh_sms.dashboard.app import pages
        except ImportError as error:
            await _refuse(send, f"The pages cannot check who may see them: {error}. Nothing is shown.")
            return
        await pages(scope, receive, send)


async def _refuse(send: Any, why: str) -> None:
    from ovh_sms.dashboard.headers import BARE

    headers = [(b"content-type", b"text/plain; charset=utf-8"), *BARE]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})


def prepare_pages(app: Any) -> Any:
    """Import the pages and compile their templates while the API server starts: nobody waits for it.

    :param app: Airflow's own, which is returned as it is.
    """
    try:
        import_module("ovh_sms.dashboard.app")
        import_module("ovh_sms.dashboard.view").compile_templates()
    except Exception:  # Airflow starts with broken pages, too; they say it at each request
        log.exception("The pages of SMS campaigns could not be prepared.")
    return app


def take_callbacks(app: Any) -> Any:
    """Answer OVH's calls first, keep their secret out of the access log, and load what the first one needs.

    :param app: Airflow's own, which is returned in a middleware.
    """
    from ovh_sms.dashboard.callback_paths import CallbackPaths

    try:
        from ovh_sms.dashboard.callbacks import callbacks, warm_up

        warm_up()
    except Exception:  # Airflow starts without them, too
        log.exception("Callbacks cannot be taken: each is answered by 503.")
        return CallbackPaths(app, _take_none)
    _spare_collections()
    return CallbackPaths(app, callbacks)


def _spare_collections() -> None:
    """Leave what the server has loaded out of garbage collections: a full one would stop all requests for 0.5 s."""
    import gc

    gc.collect()
    gc.freeze()


async def _take_none(scope: Any, receive: Any, send: Any) -> None:
    await _refuse(send, "Callbacks are not taken: see the log of Airflow's API server.")


LISTENERS: list[Any] = [dag_run]
PAGES: list[Any] = [{"name": "SMS campaigns", "app": LazyDashboard(), "url_prefix": "/ovh-sms"}]
#: Airflow calls them as middlewares when its API server starts.
AT_START: list[Any] = [
    {"name": "SMS campaigns", "middleware": prepare_pages},
    {"name": "SMS callbacks", "middleware": take_callbacks},
]
#: Relative addresses: they stay below the path of Airflow's own, `[api] base_url`.
LINKS: list[Any] = [
    {
        "name": "SMS campaigns",
        "href": "ovh-sms/",
        "destination": "nav",
        "category": "browse",
        "url_route": "sms-campaigns",
    },
    {
        "name": "SMS campaign",
        "href": "ovh-sms/campaign?dag_id={DAG_ID}",
        "destination": "dag",
        "url_route": "sms-campaign",
        "applies_to": {"dag.tags.name": ["sms"]},  # Airflow 3.4; 3.3 shows it beside every DAG
    },
    {
        "name": "SMS report",
        "href": "ovh-sms/run?dag_id={DAG_ID}&run_id={RUN_ID}",
        "destination": "dag_run",
        "url_route": "sms-report",
        "applies_to": {"dag.tags.name": ["sms"]},
    },
]


class OvhSmsPlugin(AirflowPlugin):
    """Shows campaigns in the menu, beside their DAGs and beside their runs, and cancels a run marked failed."""

    name = "ovh_sms"
    listeners = LISTENERS
    fastapi_apps = PAGES
    fastapi_root_middlewares = AT_START
    external_views = LINKS


def warn_of_two_copies(plugin_file: str) -> None:
    """Log which copy of the package is used if the plugins folder holds one and another one is installed.

    :param plugin_file: the file of the plugins folder that registers the plugin.
    """
    used, beside = Path(__file__).resolve().parent, Path(plugin_file).resolve().parent / "ovh_sms"
    if beside.is_dir() and used != beside:
        log.warning(
            "Two copies of the package ovh_sms: the installed one in %s is used, the one in %s is not. "
            "Remove the folder, or uninstall airflow-provider-ovh-sms.",
            used,
            beside,
        )


def __getattr__(name: str) -> Any:
    """Resolve ``InstalledPlugin``, the target of the entry point of the installed package.

    Airflow loads the plugins folder first. It reports a second plugin of the same name as an error, and its task
    processes then drop the plugins of all other packages: so the entry point gives none if the folder has ours.
    """
    if name != "InstalledPlugin":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return None if FOLDER_MODULE in sys.modules else OvhSmsPlugin
