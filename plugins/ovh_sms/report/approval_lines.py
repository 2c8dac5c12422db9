"""The first lines of runs that a person must approve, or has refused."""

from __future__ import annotations

from ovh_sms.report import words
from ovh_sms.report.limit_lines import exceeded_line
from ovh_sms.report.line_words import LineWords, RunLines
from ovh_sms.store.campaign_approvals import TIMED_OUT, CampaignApproval


class ApprovalLines(LineWords):
    """One method for each state."""

    def _awaiting_approval(self) -> RunLines:
        found = self._approval()
        assert found.asked_at is not None and found.asked_until is not None  # noqa: S101, PT018 - the state says so
        first = self.say(
            "Waits for approval by a person since {at}, until {until} at the latest: {people}, {cost}.",
            at=self.at(found.asked_at),
            until=self.at(found.asked_until),
            people=self.people(found.people or 0),
            cost=self._cost(found),
        )
        action = self.say("Read the messages, then answer the task *approve* in Airflow, under Required Actions.")
        return RunLines(first=" ".join([first, *self._remarks(found)]), action=action)

    def _not_approved(self) -> RunLines:
        found = self._approval()
        about = {"people": self.people(found.people or 0), "cost": self._cost(found)}
        at = self.at(found.decided_at) if found.decided_at else words.ABSENT
        if found.decision == TIMED_OUT:
            first = self.say("Not sent: nobody has approved it in time, by {at}: {people}, {cost}.", at=at, **about)
        else:
            by = found.decided_by or words.ABSENT
            first = self.say("Not sent: {by} refused it {at}: {people}, {cost}.", by=by, at=at, **about)
        action = self.say("To have it asked about again, clear *approve* and the tasks after it.")
        return RunLines(first=first, action=action)

    def _approval(self) -> CampaignApproval:
        assert self.it.results.approval is not None  # noqa: S101 - its state says so
        return self.it.results.approval

    def _cost(self, found: CampaignApproval) -> str:
        credits_shown = self.credits(found.credits or 0.0)
        if found.price is None:
            return credits_shown
        price = words.money(found.price, found.currency or "", self.say.language)
        return self.say("{credits} ({price} without tax)", credits=credits_shown, price=price)

    def _remarks(self, found: CampaignApproval) -> list[str]:
        """Sentences about limits that are exceeded, and about growth since the last run."""
        exceeded = (found.figures or {}).get("exceeded", ())
        return [exceeded_line(self.say, each["name"], each["numbers"]) for each in exceeded]
