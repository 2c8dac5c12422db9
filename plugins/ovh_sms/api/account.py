"""The SMS account: its credits, its automatic recredit, and the rights of the keys in use."""

from __future__ import annotations

from collections.abc import Iterable

from ovh_sms.api.answer import names, nothing
from ovh_sms.api.calls import NULL, SubClient
from ovh_sms.api.models import Account, Rights
from ovh_sms.api.rights import CAMPAIGN_TASKS, is_granted, needed_rules
from ovh_sms.errors import ConfigurationError

#: Quantities of credits that OVH buys by itself.
RECREDIT_QUANTITIES = (100, 200, 250, 500, 1000, 5000, 10000)


class AccountClient(SubClient):
    """Reads the account and the rights of the keys, and sets the automatic recredit."""

    def get(self) -> Account:
        """Read the account: its status and its credits. Source: GET ``/sms/{serviceName}``.

        :raises ovh_sms.errors.AccountExpired: the account must be renewed first.
        """
        return self._calls.make("GET", "/sms/{account}", Account.read)

    def set_recredit(self, threshold: float, quantity: int | None) -> None:
        """Let OVH buy credits by itself when few are left, or switch that off. It may be set again to the same values.
        Source: PUT ``/sms/{serviceName}``.

        :param threshold: credits below which OVH buys.
        :param quantity: credits that it buys, one of :data:`RECREDIT_QUANTITIES`; ``None`` switches it off.
        :raises ovh_sms.errors.ConfigurationError: OVH does not sell this quantity by itself; nothing was changed.
        :raises ovh_sms.errors.OutcomeUnknown: the account may have been changed.
        """
        if quantity is not None and quantity not in RECREDIT_QUANTITIES:
            sold = ", ".join(map(str, RECREDIT_QUANTITIES))
            raise ConfigurationError(
                f"OVH does not buy {quantity} credits by itself. OVH was not called.", action=f"Use one of {sold}."
            )
        body = {
            "automaticRecreditAmount": NULL if quantity is None else quantity,
            "creditThresholdForAutomaticRecredit": 0 if quantity is None else threshold,
        }
        self._calls.make("PUT", "/sms/{account}", nothing, body=body)

    def names(self) -> list[str]:
        """List the SMS accounts that these keys can use. Source: GET ``/sms``."""
        return self._calls.make("GET", "/sms", names)

    def credentials(self) -> Rights:
        """Read the rights of the consumer key in use, and its end. Source: GET ``/auth/currentCredential``.

        With OAuth2 there is no consumer key, and OVH refuses this call.

        :raises ovh_sms.errors.ApiError: OVH gives no answer.
        """
        return self._calls.make("GET", "/auth/currentCredential", Rights.read)

    def missing_rights(self, tasks: Iterable[str] = CAMPAIGN_TASKS) -> list[str]:
        """List the access rules that the consumer key lacks for some tasks. Source: GET ``/auth/currentCredential``.

        :param tasks: names of :data:`ovh_sms.api.rights.RIGHTS`; by default all that a campaign needs.
        :returns: rules such as ``POST /sms/sms-xx-1/jobs``; empty if none is missing.
        """
        rules = self.credentials().rules
        return [needed for needed in needed_rules(tasks, self._calls.account) if not is_granted(needed, rules)]
