"""Runs of the guide's recipes, one after the other in one Airflow; used in a process of its own."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from support.campaign_runs import seconds_until_morning
from support.credit_runs import run, xcom
from support.moved_runs import MovedRuns

HOUR = 3_600


class RecipeRuns(MovedRuns):
    """All recipes in the order of the guide."""

    def all(self) -> dict[str, Any]:
        """Run all; returns plain findings without a number."""
        with self.time.installed():
            self.time.advance(seconds_until_morning())
            return {
                "one_by_one": [self.run("one_by_one", "queue", "send") for _ in range(2)],
                "many": self.run("one_message_to_many", "prepare"),
                "merge": self.run("mail_merge", "prepare", "preview"),
                "follow": self.follow(),
                **self.two_way(),
                "order": self.order(),
                "user": [self.run("user", "create", "show") for _ in range(2)],
                "usage": self.run("usage", "usage", conf={"month": f"{self.time.now():%Y-%m}"}),
                "transfer": self.transfer(),
            }

    def run(self, name: str, *tasks: str, conf: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run a recipe once; returns its state and what some of its tasks returned."""
        dag_id = f"recipe_{name}"
        made = run(self.bag, dag_id, conf=conf)
        return {"state": made["state"], **{each: xcom(made["run_id"], each, dag_id) for each in tasks}}

    def follow(self) -> dict[str, Any]:
        """Follow both campaigns once their receipts are there; one person says STOP before."""
        self.time.advance(72 * HOUR)
        self.sandbox.reply(self._reached("Soldes")[0], "STOP")
        return self.run("follow_by_tag", "sent_campaigns", "opt_outs", "show")

    def two_way(self) -> dict[str, Any]:
        """Ask, let two people answer, and thank; twice."""
        asked = self.run("ask", "prepare")
        self.time.advance(HOUR)
        for person, text in zip(self._reached("mardi"), ("Oui, merci !", "NON"), strict=False):
            self.sandbox.reply(person, text)
        self.time.advance(60)
        replies = [self.run("replies", "collect", "thank") for _ in range(2)]
        return {"asked": asked, "replies": replies, "callbacks": self.run("callbacks", "configure")}

    def order(self) -> dict[str, Any]:
        """Order, and pay as a person does before its credits are waited for."""
        from ovh_sms.operators.order_credits import OrderCreditsOperator

        order = OrderCreditsOperator.execute

        def and_pay(task: Any, context: Any) -> Any:
            made = order(task, context)
            self.sandbox.settle_order(made["order_id"])
            return made

        self.sandbox.account(creditsLeft=900)
        with patch.object(OrderCreditsOperator, "execute", and_pay):
            return self.run("order_credits", "check", "order", "wait")

    def transfer(self) -> list[dict[str, Any]]:
        """Transfer twice: the second account needs it once."""
        self.sandbox.account(creditsLeft=10_000)
        return [self.run("transfer_credits", "transfer") for _ in range(2)]

    def _reached(self, part: str) -> list[str]:
        """Receivers who have a message with these words, once each."""
        found = [each for each in self.sandbox.messages() if part in each["message"] and each["delivery_receipt"] == 1]
        return list(dict.fromkeys(each["receiver"] for each in found))
