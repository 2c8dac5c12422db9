"""The SMS account: its credits, and the rights of the keys in use."""

from __future__ import annotations

from collections.abc import Iterable

from ovh_sms.api.answer import names
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import Account, Rights
from ovh_sms.api.rights import CAMPAIGN_TASKS, is_granted, needed_rules


class AccountClient(SubClient):
    """Reads the account and the rights of the keys."""

    def get(self) -> Account:
        """Read the account: its status and its credits. Source: GET ``/sms/{serviceName}``.

        :raises ovh_sms.errors.AccountExpired: the account must be renewed first.
        """
        return self._calls.make("GET", "/sms/{account}", Account.read)

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
