"""The part of sensors behind the end of their wait in the triggerer, also if OVH is unavailable at that moment."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ovh_sms.outage_wait import WaitsForOvh
from ovh_sms.sensors.soft_fail import skips_if

if TYPE_CHECKING:
    from airflow.sdk import Context


class FinishesWait(WaitsForOvh):
    """Part of a sensor that goes on once its trigger reports the end of the wait."""

    if TYPE_CHECKING:
        soft_fail: bool
        never_fail: bool

    @abstractmethod
    def finish(self, context: Context, status: str, message: str) -> Any:
        """Return the result, or fail, at the end of the wait."""

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Go on once the trigger reports the end of the wait."""
        from ovh_sms.triggers.events import raise_error

        with skips_if(self.soft_fail or self.never_fail):
            raise_error(event)
            with self.waiting_for_ovh(ended=event):
                return self.finish(context, event["status"], event["message"])

    def resume(
        self,
        context: Context,
        event: Any = None,
        unavailable_since: str | None = None,
        ended: dict[str, Any] | None = None,
    ) -> Any:
        """Go on once OVH may be there again.

        :param ended: the event of the wait, if that was over.
        """
        if ended is None:
            return super().resume(context, event, unavailable_since)
        self._note_outage(unavailable_since)
        return self.execute_complete(context, ended)
