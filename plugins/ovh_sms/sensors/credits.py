"""Waits until an account holds enough credits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import InsufficientCredits
from ovh_sms.sensors.waits import AccountSensor

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.triggers.credits import CreditsTrigger


class CreditsSensor(AccountSensor):
    """Wait, without a worker slot, until an account holds enough credits.

    Source: GET ``/sms/{serviceName}``.

    :param at_least: credits that are waited for.
    :returns: ``{"account", "credits_left"}``.
    :raises InsufficientCredits: the account does not hold them within ``timeout``.
    """

    template_fields: Sequence[str] = (*AccountSensor.template_fields, "at_least")

    def __init__(self, *, at_least: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at_least = at_least
        self._credits_left: float | None = None

    def finish(self, context: Context, status: str, message: str) -> dict[str, Any]:
        """Return the credits; fail if they are too few."""
        self.log.info("waited status=%s: %s", status, message)
        if self._read() is None:
            raise InsufficientCredits(
                f"The account {self.hook.account} holds {self._credits_left:.12g} credits; "
                f"{float(self.at_least):.12g} were waited for.",
                action="Nothing was sent. Order credits, then clear this task.",
            )
        return {"account": self.hook.account, "credits_left": self._credits_left}

    def _read(self) -> tuple[str, str] | None:
        left = self._credits_left = self.hook.client.account.get().credits_left
        self.log.info("credits left=%.12g wanted=%.12g", left, float(self.at_least))
        return ("enough", f"The account holds {left:.12g} credits.") if left >= float(self.at_least) else None

    def _trigger(self, ends_at: datetime) -> CreditsTrigger:
        from ovh_sms.triggers.credits import CreditsTrigger

        return CreditsTrigger(
            ovh_sms_conn_id=self.ovh_sms_conn_id,
            account=self.account,
            at_least=float(self.at_least),
            poll_interval=self.poke_interval,
            ends_at=ends_at.isoformat(),
        )
