"""Campaigns in other circumstances: receivers in no prepared list, or no free receivers slot."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from faults.campaigns import CampaignRun, Place, Steps, pause, together
from faults.count import Text
from faults.mishaps import CancelledRun, FoldersLostRun, ReplacedRun, RepublishedRun
from faults.plans import Plan
from faults.reported import ReportedRun
from ovh_sms.sending.receiver_files import NOT_FOUND

#: Seconds between the begin of the wait and the moment strangers free their slots.
LEAVE_AFTER = 1.2
#: Runs with a fault that is none of a call or a process.
MISHAPS: dict[str, type[CampaignRun]] = {
    "cancel": CancelledRun,
    "folder": FoldersLostRun,
    "replaced": ReplacedRun,
    "republished": RepublishedRun,
}
#: If it never waits, they leave after so many seconds.
LEAVE_AT_LAST = 30.0


class DirectRun(CampaignRun):
    """A submission without a prepared list: to numbers, to a public document, or to a public list in a slot."""

    def __init__(self, place: Place, plan: Plan, number: int) -> None:
        super().__init__(place, plan, number, of=number)
        self.public = self.source.with_name(f"public{number}.csv")
        self.names = {receiver: ["Nom"] for receiver in self.names}
        lines = [f"{receiver};Nom" for receiver in sorted(self.receivers)]
        self.public.write_text("\n".join(["number;nom", *lines]) + "\n", encoding="utf-8")
        if plan.way == "numbers":
            self.message = self.message.replace("#nom#", "Madame")

    def everything(self) -> Steps:
        """Upload if there is something to upload, then send."""
        if self.plan.way == "numbers":
            yield from self.send(-1, numbers=sorted(self.receivers))
        elif self.plan.way == "document_url":
            yield from self.send(-1, document_url=self.url)
        else:
            receivers = None
            given = {"csv_url": self.url, "records": len(self.receivers)}
            if (yield from self.task("upload_receivers", **given)):
                receivers = self.results["upload_receivers", -1]
                yield from self.send(-1, receivers=receivers)
            yield from self.task("free_receivers", receivers=receivers)

    def mend(self) -> Steps:
        if not self.sent:
            yield from self.everything()

    @property
    def url(self) -> str:
        return self.place.outside.url(self.public)

    @property
    def sent(self) -> bool:
        return ("send", -1) in self.results and ("send", -1) not in self.errors

    @property
    def tags(self) -> set[str]:
        return {self.tag(-1)}

    def not_found(self) -> set[Text]:
        if self.resolved.get(self.tag(-1)) != "sent":
            return set()
        if self.plan.way != "numbers":
            return self.texts
        found = self.place.folder.glob(f"data/{self.name}/**/{NOT_FOUND}")
        return {text for path in found for text in self.texts_in(path)}


class CrowdedRun(CampaignRun):
    """A campaign that finds all nine receivers slots in use by strangers, who free some later."""

    def __init__(self, place: Place, plan: Plan, number: int) -> None:
        super().__init__(place, plan, number, of=number)
        self._empty = True

    def upload(self, prepared: dict[str, Any]) -> dict[str, Any]:
        wait = {"wait_for_slot": timedelta(seconds=60), "poll_interval": timedelta(seconds=0.3)}
        return {**super().upload(prepared), **wait}

    def batches(self, wanted: Any) -> Steps:
        empty, self._empty = self._empty, False
        if not empty:
            yield from super().batches(wanted)
            return
        yield from self._come()
        yield from together([super().batches(wanted), self._leave()])

    def _come(self) -> Steps:
        path = self.source.with_name("strange.csv")
        path.write_text("number\n+33639980099\n", encoding="utf-8")
        if not (yield from self.task("strangers", path=str(path))):
            raise RuntimeError(f"the receivers lists could not be filled: {self.errors}")

    def _leave(self) -> Steps:
        until = time.monotonic() + LEAVE_AT_LAST
        while not self.place.waits and time.monotonic() < until:
            yield
        yield from pause(LEAVE_AFTER)
        yield from self.task("strangers", leave=3)


def campaign_run(place: Place, plan: Plan, number: int) -> CampaignRun:
    around = {strike.how for strike in plan.strikes if strike.campaign == number and strike.around}
    for how, kind in MISHAPS.items():
        if how in around:
            return kind(place, plan, number, of=number)
    hit = [strike for strike in plan.strikes if strike.campaign == number]
    if any(strike.task in ("collect", "report") or strike.about.get("kind") == "repeat" for strike in hit):
        return ReportedRun(place, plan, number, of=number)
    if plan.crowded:
        return CrowdedRun(place, plan, number)
    if plan.way != "list":
        return DirectRun(place, plan, number)
    return CampaignRun(place, plan, number, of=0 if plan.same else number)
