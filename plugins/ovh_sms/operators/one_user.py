"""Create one user of an account, or change its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ovh_sms.operators.apply_users import ApplyUsersOperator
from ovh_sms.operators.base import OvhSmsOperator


class UpdateUserOperator(ApplyUsersOperator):
    """Change settings of one user. Those that are not given stay; the same again changes nothing.

    :param login: of the user, who must be there.
    :param quota: credits that the user has once this is applied, given once; ``off`` for none of its own.
    :param refill: ``monthly`` gives it ``quota`` again at the first run of each month; ``never`` does not.
    :param alert: ``below`` (credits) with ``email``, ``number`` or both; ``off`` for nobody.
    :param receipts_to: address that OVH calls about delivery receipts; ``off`` for none.
    :param opt_outs_to: address that OVH calls about a STOP; ``off`` for none.
    :param ip_limits: addresses from which alone the user may send by http2sms; an empty list for all.
    :returns: ``account``, and how many users it has made: ``create``, ``update``, ``delete``.
    :raises ConfigurationError: OVH has no such user, or a value is wrong; nothing was changed.
    :raises InsufficientCredits: the account cannot spare the quota; nothing was changed.
    :raises OutcomeUnknown: OVH may have made the change, and the next try must reconcile.

    Source: GET and PUT ``/sms/{serviceName}/users/{login}``, GET ``/sms/{serviceName}``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "login")

    def __init__(
        self,
        *,
        login: str,
        quota: float | str | None = None,
        refill: str = "never",
        alert: Mapping[str, Any] | str | None = None,
        receipts_to: str | None = None,
        opt_outs_to: str | None = None,
        ip_limits: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(users={}, **kwargs)
        self.login = login
        self.settings = {
            "quota": quota,
            "refill": refill,
            "alert": alert,
            "receipts_to": receipts_to,
            "opt_outs_to": opt_outs_to,
            "ip_limits": ip_limits,
        }

    def execute(self, context: Any) -> dict[str, Any]:
        """Compare the one user, and change it."""
        self.users = {self.login: {name: value for name, value in self.settings.items() if value is not None}}
        return super().execute(context)


class CreateUserOperator(UpdateUserOperator):
    """Create one user, and give it its settings. One that is there keeps its password, and gets the settings.

    :param login: of the user.
    :param password_conn_id: Airflow connection whose password it gets: 8 letters and digits. No log shows it.

    The other parameters, the result and the errors are those of :class:`UpdateUserOperator`.

    Source: GET and POST ``/sms/{serviceName}/users``, GET and PUT ``/sms/{serviceName}/users/{login}``,
    GET ``/sms/{serviceName}``.
    """

    template_fields: Sequence[str] = (*UpdateUserOperator.template_fields, "password_conn_id")

    def __init__(self, *, login: str, password_conn_id: str, **kwargs: Any) -> None:
        super().__init__(login=login, **kwargs)
        self.password_conn_id = password_conn_id

    def execute(self, context: Any) -> dict[str, Any]:
        """Read the password, create, change."""
        self.settings["password_conn_id"] = self.password_conn_id
        return super().execute(context)
