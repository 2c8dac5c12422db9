"""The IAM policy that lets an OAuth2 client serve purposes on one SMS account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ovh_sms.api.rights import needed_rights

#: Resources: the SMS account by its name, and the customer's own account for orders and documents.
SMS_RESOURCE, CUSTOMER_RESOURCE = (
    "urn:v1:{region}:resource:sms:{account}",
    "urn:v1:{region}:resource:account:{customer}",
)


def iam_policy(
    purposes: Iterable[str], account: str, *, region: str, client: str = "CLIENT", customer: str = "CUSTOMER"
) -> dict[str, Any]:
    """Return the body of POST ``/v2/iam/policy``: exactly the actions that some purposes need.

    :param region: ``eu``, ``ca`` or ``us``.
    :param client: the OAuth2 client's id, as ``/me/api/oauth2/client/{clientId}`` has it in ``identity``.
    :param customer: OVH's name of the customer, as ``/me`` has it in ``nichandle``.
    :raises ovh_sms.errors.ConfigurationError: a purpose does not exist.
    """
    purposes = list(purposes)
    actions = sorted({right.action for right in needed_rights(purposes)} - {""})
    resources = [SMS_RESOURCE.format(region=region, account=account)]
    if any(not action.startswith("sms:") for action in actions):
        resources.append(CUSTOMER_RESOURCE.format(region=region, customer=customer))
    return {
        "name": f"sms-{account}",
        "description": f"Airflow: {', '.join(purposes)}",
        "identities": [f"urn:v1:{region}:identity:credential:{customer}/oauth2-{client}"],
        "resources": [{"urn": urn} for urn in resources],
        "permissions": {"allow": [{"action": action} for action in actions]},
    }
