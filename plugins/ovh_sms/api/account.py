"""The SMS account: its credits, its automatic recredit, and the rights of the keys in use."""

from __future__ import annotations

from ovh_sms.api.answer import names, nothing
from ovh_sms.api.calls import NULL, AccountCalls, SubClient
from ovh_sms.api.models import Account, Rights
from ovh_sms.api.rights import is_granted, needed_rules
from ovh_sms.errors import ApiError, ConfigurationError, MissingRight, RequestRefused

#: Quantities of credits that OVH buys by itself.
RECREDIT_QUANTITIES = (100, 200, 250, 500, 1000, 5000, 10000)


class AccountClient(SubClient):
    """Reads the account and the rights of the keys, and sets the automatic recredit."""

    def __init__(self, calls: AccountCalls) -> None:
        super().__init__(calls)
        self._known: Rights | None = None
        self._is_listed = not calls.transport.credentials.uses_oauth2

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

    def known_credentials(self) -> Rights | None:
        """Return the rights of the consumer key, read once for each client; ``None`` if OVH does not list them.

        With OAuth2 it never does, and is not asked.
        """
        if self._is_listed and self._known is None:
            try:
                self._known = self.credentials()
            except (MissingRight, RequestRefused):
                self._is_listed = False
            except ApiError:  # the next call says what is wrong
                return None
        return self._known

    def require(self, *purposes: str) -> None:
        """Refuse, before anything is done, a key that lacks a right of some purposes; all are named at once.
        Source: GET ``/auth/currentCredential``, once for each client.

        A right that is needed only after a write, or only if its answer is lost, would else be missed too late.

        :raises ovh_sms.errors.MissingRight: some are missing. Keys whose rights OVH does not list pass.
        """
        known = self.known_credentials()
        if known is None:
            return
        account = self._calls.account
        missing = [rule for rule in needed_rules(purposes, account) if not is_granted(rule, known.rules)]
        if missing:
            what = "right" if len(missing) == 1 else "rights"
            asked = f"ovh-sms rights --account {account} --for {','.join(purposes)}"
            raise MissingRight(
                f"The keys lack the {what} {', '.join(f'`{rule}`' for rule in missing)}. Nothing was done.",
                action=f"Make a consumer key that has them; `{asked}` lists all that are needed.",
            )
