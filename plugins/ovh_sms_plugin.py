"""The one file that Airflow's plugin loader runs, in every process: it imports nothing heavy."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin


class LazyDashboard:
    """Loads the pages at the first request, as every scheduler and task process loads this file too."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand the request on."""
        from ovh_sms.dashboard.app import app

        await app(scope, receive, send)


class StopListener:
    """Takes back what waits at OVH where somebody marks a campaign's run failed."""

    @hookimpl
    def on_dag_run_failed(self, dag_run: Any, msg: str) -> None:
        """Hear of a run that has failed."""
        from ovh_sms.stop_listener import marked_failed

        marked_failed(dag_run, msg)


class OvhSmsPlugin(AirflowPlugin):
    """The reports of campaigns, in the menu and beside every run; and the stop of a run marked failed."""

    name = "ovh_sms"
    listeners: ClassVar[list[Any]] = [StopListener()]
    fastapi_apps: ClassVar[list[Any]] = [
        {"name": "SMS campaigns", "app": LazyDashboard(), "url_prefix": "/ovh-sms"}
    ]
    external_views: ClassVar[list[Any]] = [
        {
            "name": "SMS campaigns",
            "href": "/ovh-sms/",
            "destination": "nav",
            "category": "browse",
            "url_route": "sms-campaigns",
        },
        {
            "name": "SMS report",
            "href": "/ovh-sms/report?dag_id={DAG_ID}&run_id={RUN_ID}",
            "destination": "dag_run",
            "url_route": "sms-report",
        },
    ]
