"""Campaigns to which people do something while they run: cancelled, their files lost, their list at OVH replaced."""

from __future__ import annotations

import shutil
from datetime import timedelta

from faults.campaigns import CampaignRun, Steps, pause, together


class CancelledRun(CampaignRun):
    """A run that a person cancels while it sends; its messages would wait at OVH for minutes."""

    def batches(self, wanted: object) -> Steps:
        if self.cancelled:
            yield from super().batches(wanted)  # type: ignore[arg-type]
            return
        yield from together([super().batches(wanted), self._cancel()])  # type: ignore[arg-type]

    def _cancel(self) -> Steps:
        strike = next(each for each in self.plan.strikes if each.how == "cancel")
        while ("upload_receivers", 0) not in self.results and ("upload_receivers", 0) not in self.errors:
            yield
        yield from pause(strike.about["seconds"])
        self.cancelled = True
        quiet_period = timedelta(seconds=self.plan.reconcile_policy[0])
        given = {"cancelled_dag_id": self.dag_id, "cancelled_run_id": self.run_id}
        if (yield from self.task("cancel", **given, quiet_period=quiet_period)):
            self.place.happened(strike)


class FoldersLostRun(CampaignRun):
    """A run whose prepared list is lost after it was sent, or half of it; then a person clears it."""

    def mend(self) -> Steps:
        """Lose the folder once, then clear everything, or the send tasks alone."""
        folder = self.place.folder / "data" / self.name
        strike = next(each for each in self.plan.strikes if each.how == "folder")
        if folder.exists() and strike not in self.place.deeds:
            shutil.rmtree(folder)
            self.place.happened(strike)
        if strike.about["clear"] == "all":
            yield from self.everything()
            return
        for index, batch in enumerate(self.results.get(("split_into_batches", -1), [])):
            if receivers := self.results.get(("upload_receivers", index)):
                yield from self.send(index, receivers=receivers, prepared=batch)


class ReplacedRun(CampaignRun):
    """A campaign whose receivers slot gets another list right before the POST."""

    def send(self, index: int, **to: object) -> Steps:
        strike = next(each for each in self.plan.strikes if each.how == "replaced")
        receivers = to["receivers"]
        if strike not in self.place.deeds and isinstance(receivers, dict):
            path = self.source.with_name("strange.csv")
            lines = [f"+336399809{at:02d};Personne" for at in range(90, 90 + min(9, len(self.receivers)))]
            path.write_text("\n".join(["number;nom", *lines]) + "\n", encoding="utf-8")
            if not (yield from self.task("strangers", index, path=str(path), replace=receivers["slot"])):
                raise RuntimeError(f"the list could not be replaced: {self.errors}")
            self.place.happened(strike)
        yield from super().send(index, **to)


class RepublishedRun(CampaignRun):
    """A campaign whose list is changed and prepared again between the upload and the submission."""

    def send(self, index: int, **to: object) -> Steps:
        strike = next(each for each in self.plan.strikes if each.how == "republished")
        if strike not in self.place.deeds:
            gone = min(self.receivers)
            number = f"+3363998{int(gone[8:]) + 100:04d}"
            self.names[number] = self.names.pop(gone)
            text = self.source.read_text(encoding="utf-8")
            self.source.write_text(text.replace(f"0{gone[3:]}", f"0{number[3:]}"), encoding="utf-8")
            if not (yield from self.task("prepare", **self.preparation)):
                raise RuntimeError(f"the list could not be prepared again: {self.errors}")
            self.place.happened(strike)
        yield from super().send(index, **to)

    def mend(self) -> Steps:
        """Clear the task that splits the list, and what follows it."""
        if not self.sent:
            yield from self.from_split()
