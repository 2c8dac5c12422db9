"""Campaigns to which people do something while they run: stopped, their files lost, their list at OVH replaced."""

from __future__ import annotations

import shutil
from datetime import timedelta

from faults.campaigns import Steps, Submission, pause, together

CAMPAIGN = """\
description: A campaign that is stopped
sender: MYSHOP
kind: transactional
message: "{message}"
contacts:
  file: contacts/{name}.csv
budget: 10000
"""


class StoppedRun(Submission):
    """A run that a person stops while it sends; its messages would wait at OVH for minutes."""

    def pieces(self, wanted: object) -> Steps:
        """Send, and be stopped meanwhile, once."""
        if self.stopped:
            yield from super().pieces(wanted)  # type: ignore[arg-type]
            return
        yield from together([super().pieces(wanted), self._stop()])  # type: ignore[arg-type]

    def _stop(self) -> Steps:
        strike = next(each for each in self.plan.strikes if each.how == "stop")
        folder = self.place.folder / "campaigns"
        folder.mkdir(exist_ok=True)
        about = CAMPAIGN.format(message=self.message, name=self.name)
        (folder / f"{self.name}.yaml").write_text(about, encoding="utf-8")
        while ("upload_receivers", 0) not in self.results and ("upload_receivers", 0) not in self.errors:
            yield
        yield from pause(strike.about["seconds"])
        self.stopped = True
        quiet_period = timedelta(seconds=self.plan.reconcile_policy[0])
        given = {"cancelled_dag_id": self.dag_id, "cancelled_run_id": self.run_id, "campaigns": str(folder)}
        if (yield from self.task("cancel", **given, quiet_period=quiet_period)):
            self.place.happened(strike)


class FoldersLostRun(Submission):
    """A run whose prepared list is lost when it has been sent, or half; then a person clears it."""

    def mend(self) -> Steps:
        """Lose the folder once, then clear everything, or the sendings alone."""
        folder = self.place.folder / "data" / self.name
        strike = next(each for each in self.plan.strikes if each.how == "folder")
        if folder.exists() and strike not in self.place.deeds:
            shutil.rmtree(folder)
            self.place.happened(strike)
        if strike.about["clear"] == "all":
            yield from self.everything()
            return
        for index, piece in enumerate(self.results.get(("split_into_batches", -1), [])):
            if receivers := self.results.get(("upload_receivers", index)):
                yield from self.sending(index, receivers=receivers, prepared=piece)


class ReplacedRun(Submission):
    """A campaign whose receivers list at OVH somebody replaces by another one right before it is sent to."""

    def sending(self, index: int, **to: object) -> Steps:
        """Replace the list, once; then send."""
        strike = next(each for each in self.plan.strikes if each.how == "replaced")
        receivers = to["receivers"]
        if strike not in self.place.deeds and isinstance(receivers, dict):
            path = self.source.with_name("strange.csv")
            lines = [f"+336399809{at:02d};Personne" for at in range(90, 90 + min(9, len(self.receivers)))]
            path.write_text("\n".join(["number;nom", *lines]) + "\n", encoding="utf-8")
            if not (yield from self.task("strangers", index, path=str(path), replace=receivers["slot"])):
                raise RuntimeError(f"the list could not be replaced: {self.errors}")
            self.place.happened(strike)
        yield from super().sending(index, **to)
