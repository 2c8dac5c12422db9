"""How often each kind of Airflow process registers the plugin, its listener, its pages and their links."""

from __future__ import annotations

#: Prints the registrations in an API server or scheduler: both use the core's loader.
_CORE = """
import json
from airflow import plugins_manager
from airflow.listeners.listener import get_listener_manager
{app}
plugins, errors = plugins_manager._get_plugins()
listeners = [getattr(each, "__name__", "") for each in get_listener_manager().pm.get_plugins()]
views, _ = plugins_manager._get_ui_plugins()
print(json.dumps({{
    "plugins": [each.name for each in plugins].count("ovh_sms"),
    "listeners": listeners.count("ovh_sms.listeners.dag_run"),
    "errors": errors,
}}))
"""
#: An API server mounts the pages and takes callbacks by a middleware; each is counted.
_API_SERVER = """
apps, middlewares = plugins_manager.get_fastapi_plugins()
assert [each["url_prefix"] for each in apps].count("/ovh-sms") == 1, apps
names = [each["name"] for each in middlewares]
assert [names.count(each) for each in ("SMS campaigns", "SMS callbacks")] == [1, 1], middlewares
views, _ = plugins_manager._get_ui_plugins()
routes = [each["url_route"] for each in views]
assert [routes.count(each) for each in ("sms-campaigns", "sms-campaign", "sms-report")] == [1, 1, 1], routes
"""
_TASK = """
import json
from airflow.sdk import plugins_manager
from airflow.sdk.listener import get_listener_manager
plugins, errors = plugins_manager._get_plugins()
listeners = [getattr(each, "__name__", "") for each in get_listener_manager().pm.get_plugins()]
print(json.dumps({
    "plugins": [each.name for each in plugins].count("ovh_sms"),
    "listeners": listeners.count("ovh_sms.listeners.dag_run"),
    "errors": errors,
}))
"""

#: Code that prints the registrations, by the kind of process that loads plugins so.
REGISTRATIONS = {"API server": _CORE.format(app=_API_SERVER), "scheduler": _CORE.format(app=""), "task process": _TASK}
ONCE = {"plugins": 1, "listeners": 1, "errors": {}}
