"""Describes the package to Airflow: the connection type with its form, the links of operators."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Describe the package to Airflow: the connection form shows each field by name."""
    from ovh_sms.hooks.connection import (
        ACCOUNT_PATTERN,
        DEFAULT_CALLS_PER_MINUTE,
        DEFAULT_READ_RETRY_SECONDS,
        DEFAULT_TIMEOUT_SECONDS,
        LABELS,
        LEAST_TIMEOUT_SECONDS,
        MOST_CALLS_PER_MINUTE,
        MOST_READ_RETRY_SECONDS,
        MOST_TIMEOUT_SECONDS,
    )

    def field(name: str, description: str, **schema: Any) -> dict[str, Any]:
        return {"label": LABELS[name], "description": description, "schema": schema}

    optional: dict[str, Any] = {"type": ["string", "null"]}
    secret = optional | {"format": "password"}
    return {
        "package-name": "airflow-provider-ovh-sms",
        "name": "OVHcloud SMS",
        "description": "SMS campaigns on OVHcloud: contact lists, submission, delivery receipts, reports, credits.",
        "integrations": [
            {
                "integration-name": "OVHcloud SMS",
                "external-doc-url": "https://eu.api.ovh.com/console/#/sms",
                "tags": ["service"],
            }
        ],
        "hooks": [{"integration-name": "OVHcloud SMS", "python-modules": ["ovh_sms.hooks.sms"]}],
        "extra-links": [
            "ovh_sms.operators.links.RunReportLink",
            "ovh_sms.operators.links.CancelledRunReportLink",
        ],
        "connection-types": [
            {
                "connection-type": "ovh_sms",
                "hook-class-name": "ovh_sms.hooks.sms.OvhSmsHook",
                "hook-name": "OVHcloud SMS",
                "ui-field-behaviour": {
                    "hidden-fields": ["host", "schema", "extra"],
                    "relabeling": {
                        "login": LABELS["application_key"],
                        "password": LABELS["application_secret"],
                        # Calls do not use it: without it, Airflow 3.3 mistakes the stored connection for another one.
                        "port": "Port (443, for the Test button)",
                    },
                    "placeholders": {
                        "login": "leave empty with OAuth2",
                        "password": "leave empty with OAuth2",
                        "port": "443",
                    },
                },
                "conn-fields": {
                    "endpoint": field(
                        "endpoint",
                        "ovh-eu, ovh-ca or ovh-us; or the sandbox's URL, such as http://127.0.0.1:8090/1.0",
                        type="string",
                        default="ovh-eu",
                        examples=["ovh-eu", "ovh-ca", "ovh-us", "http://127.0.0.1:8090/1.0"],
                    ),
                    "consumer_key": field("consumer_key", "Goes with the application key", **secret),
                    "client_id": field(
                        "client_id", "Instead of the application and consumer key", **optional
                    ),
                    "client_secret": field("client_secret", "Goes with the OAuth2 client id", **secret),
                    "account": field(
                        "account",
                        "The SMS account that campaigns use, such as sms-xx12345-1",
                        **optional | {"pattern": ACCOUNT_PATTERN},
                    ),
                    "calls_per_minute": field(
                        "calls_per_minute",
                        "Calls to OVH in a minute at most, of all tasks together; OVH calls 60 fair for one key",
                        type=["integer", "null"],
                        default=DEFAULT_CALLS_PER_MINUTE,
                        minimum=1,
                        maximum=MOST_CALLS_PER_MINUTE,
                    ),
                    "read_retry_seconds": field(
                        "read_retry_seconds",
                        "Seconds for which a read is retried while OVH is unavailable; writes are never retried",
                        type=["integer", "null"],
                        default=DEFAULT_READ_RETRY_SECONDS,
                        minimum=0,
                        maximum=MOST_READ_RETRY_SECONDS,
                    ),
                    "timeout_seconds": field(
                        "timeout_seconds",
                        "Seconds for which OVH may be silent before a call counts as not answered",
                        type=["integer", "null"],
                        default=DEFAULT_TIMEOUT_SECONDS,
                        minimum=LEAST_TIMEOUT_SECONDS,
                        maximum=MOST_TIMEOUT_SECONDS,
                    ),
                },
            }
        ],
    }
