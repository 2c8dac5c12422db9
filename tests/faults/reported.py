"""Campaigns that are collected and reported on once they are sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from faults.campaigns import CampaignRun, Steps

#: How long receipts are waited for; some come after hours.
WAITED = timedelta(seconds=3)


class ReportedRun(CampaignRun):
    """A run whose report must name exactly the messages that were recorded."""

    def batches(self, wanted: Any) -> Steps:
        """Send what is left to send, then collect it and report on it."""
        yield from super().batches(wanted)
        for index in range(len(self.results.get(("split_into_batches", -1), ()))):
            if ("send", index) in self.results and ("send", index) not in self.errors:
                yield from self._report(index)

    def _report(self, index: int) -> Steps:
        submission = self.results["send", index]
        wait = {"timeout": WAITED, "poke_interval": timedelta(seconds=0.5), "opt_out_window": timedelta(0)}
        if not (yield from self.task("collect", index, submission=submission, **wait)):
            return
        if (yield from self.task("report", index, collected=self.results["collect", index])):
            table = Path(self.results["report", index]["messages"]).read_text(encoding="utf-8").splitlines()
            # Messages with a delay wait at OVH for longer than this collection: they cannot be in it.
            if not self.plan.delay and len(table) - 1 != submission["messages"]:
                says = f"{len(table) - 1} of {submission['messages']} messages reported"
                self.errors["report", index] = {"error": "WrongReport", "clear": False, "final": True, "says": says}

    @property
    def noticed_repeat(self) -> bool:  # type: ignore[override]
        """Whether the collection says so, or a person was asked about too many messages."""
        repeats = any(strike.about.get("kind") == "repeat" for strike in self.plan.strikes)
        named = any(error["error"] == "SentMoreThanOnce" for error in self.errors.values())
        return repeats and (named or bool(self.resolved))

    def _failed(self, index: int) -> bool:
        return super()._failed(index) or ("collect", index) in self.errors or ("report", index) in self.errors
