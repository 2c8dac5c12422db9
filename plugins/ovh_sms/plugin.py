"""The Airflow plugin: the pages of the dashboard, and the listener that cancels a run marked failed.

Every Airflow process imports this module, task processes too: it imports nothing heavy.
"""

from __future__ import annotations

import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from ovh_sms.listeners import dag_run

#: The file of the plugins folder that registers the plugin, as Airflow names its module.
FOLDER_MODULE = "ovh_sms_plugin"


class LazyDashboard:
    """Imports the pages at the first request: only the API server has one."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        from ovh_sms.dashboard.app import app

        await app(scope, receive, send)


LISTENERS: list[Any] = [dag_run]
PAGES: list[Any] = [{"name": "SMS campaigns", "app": LazyDashboard(), "url_prefix": "/ovh-sms"}]
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
        "name": "SMS report",
        "href": "ovh-sms/report?dag_id={DAG_ID}&run_id={RUN_ID}",
        "destination": "dag_run",
        "url_route": "sms-report",
        "applies_to": {"dag.tags.name": ["sms"]},  # Airflow 3.4; 3.3 shows it beside every run
    },
]


class OvhSmsPlugin(AirflowPlugin):
    """Shows the reports of campaigns in the menu and beside each of their runs, and cancels a run marked failed."""

    name = "ovh_sms"
    listeners = LISTENERS
    fastapi_apps = PAGES
    external_views = LINKS


def __getattr__(name: str) -> Any:
    """Resolve ``InstalledPlugin``, the target of the entry point of the installed package.

    Airflow loads the plugins folder first. It reports a second plugin of the same name as an error, and its task
    processes then drop the plugins of all other packages: so the entry point gives none if the folder has ours.
    """
    if name != "InstalledPlugin":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return None if FOLDER_MODULE in sys.modules else OvhSmsPlugin
