"""Describes the package to Airflow: the connection type with its form, the links of operators."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Describe the package to Airflow: the connection form shows each field by name."""
    from ovh_sms.hooks.connection import LABELS

    integration = "OVHcloud SMS"
    behaviour = {
        "hidden-fields": ["host", "schema", "extra"],
        "relabeling": {
            "login": LABELS["application_key"],
            "password": LABELS["application_secret"],
            # Calls do not use it: without it, Airflow 3.3 mistakes the stored connection for another one.
            "port": "Port (443, for the Test button)",
        },
        "placeholders": {"login": "leave empty with OAuth2", "password": "leave empty with OAuth2", "port": "443"},
    }
    return {
        "package-name": "airflow-provider-ovh-sms",
        "name": integration,
        "description": "SMS campaigns on OVHcloud: contact lists, submission, delivery receipts, reports, credits.",
        "integrations": [
            {
                "integration-name": integration,
                "external-doc-url": "https://eu.api.ovh.com/console/#/sms",
                "tags": ["service"],
            }
        ],
        "hooks": [{"integration-name": integration, "python-modules": ["ovh_sms.hooks.sms"]}],
        "extra-links": ["ovh_sms.operators.links.RunReportLink", "ovh_sms.operators.links.CancelledRunReportLink"],
        "connection-types": [
            {
                "connection-type": "ovh_sms",
                "hook-class-name": "ovh_sms.hooks.sms.OvhSmsHook",
                "hook-name": integration,
                "ui-field-behaviour": behaviour,
                "conn-fields": _connection_fields(),
            }
        ],
    }


def _connection_fields() -> dict[str, Any]:
    from ovh_sms.hooks import connection as form

    optional: dict[str, Any] = {"type": ["string", "null"]}
    secret = optional | {"format": "password"}

    def whole_number(default: int | None, least: int | float, most: int | float) -> dict[str, Any]:
        return {"type": ["integer", "null"], "default": default, "minimum": least, "maximum": most}

    endpoints = ["ovh-eu", "ovh-ca", "ovh-us", "http://127.0.0.1:8090/1.0"]
    fields: dict[str, tuple[str, dict[str, Any]]] = {
        "endpoint": (
            "ovh-eu, ovh-ca or ovh-us; or the sandbox's URL, such as http://127.0.0.1:8090/1.0",
            {"type": "string", "default": "ovh-eu", "examples": endpoints},
        ),
        "consumer_key": ("Goes with the application key", secret),
        "client_id": ("Instead of the application and consumer key", optional),
        "client_secret": ("Goes with the OAuth2 client id", secret),
        "account": (
            "The SMS account that campaigns use, such as sms-xx12345-1",
            optional | {"pattern": form.ACCOUNT_PATTERN},
        ),
        "calls_per_minute": (
            "Calls to OVH in a minute to start with, of all tasks together; OVH calls 60 fair for one key",
            whole_number(form.DEFAULT_CALLS_PER_MINUTE, 1, form.MOST_CALLS_PER_MINUTE),
        ),
        "most_calls_per_minute": (
            "The number that it may rise to while OVH answers all reads; four times as many by default",
            whole_number(None, 1, form.MOST_CALLS_PER_MINUTE),
        ),
        "read_retry_seconds": (
            "Seconds for which a read is retried while OVH is unavailable; writes are never retried",
            whole_number(form.DEFAULT_READ_RETRY_SECONDS, 0, form.MOST_READ_RETRY_SECONDS),
        ),
        "timeout_seconds": (
            "Seconds for which OVH may be silent before a call counts as not answered",
            whole_number(form.DEFAULT_TIMEOUT_SECONDS, form.LEAST_TIMEOUT_SECONDS, form.MOST_TIMEOUT_SECONDS),
        ),
    }
    return {
        name: {"label": form.LABELS[name], "description": description, "schema": schema}
        for name, (description, schema) in fields.items()
    }
