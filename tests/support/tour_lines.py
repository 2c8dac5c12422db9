"""The first lines that the pages of the tour must show, made of the sandbox's truth."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from support.airflow_pages import AirflowPages
from support.tour import Tour


@dataclass(frozen=True)
class Served:
    """The runs of the tour, and the pages that show them."""

    tour: Tour
    airflow: AirflowPages

    def address(self, page: str, name: str, **more: str) -> str:
        run = self.tour.runs[name]
        return f"{page}?{urlencode({'dag_id': run.dag_id, 'run_id': run.run_id, **more})}"

    def truth(self, name: str) -> dict[str, int]:
        """The sandbox's truth of a run, by the tags that OVH is known to have taken."""
        found = [self.tour.sandbox.truth(tag) for tag in self.tour.runs[name].tags]
        counts = ("accepted", "sent", "delivered", "failed", "pending", "stops", "credits", "cancelled")
        return {count: sum(int(each[count]) for each in found) for count in counts}


def n(number: float) -> str:
    return f"{number:,.0f}"


def first_lines(served: Served) -> dict[str, list[str]]:
    """Parts of the first line of each run's page, from the truth; and of what it says is to be done."""
    truth = {name: served.truth(name) for name in served.tour.runs}
    sale, club, part, orders, leaving = (
        truth[name] for name in ("autumn_sale", "club", "restock", "orders", "delivery")
    )
    share = f"{100 * sale['delivered'] / sale['accepted']:.1f} %"
    return {
        "autumn_sale": [
            f"Delivered to {sale['delivered']} of {sale['accepted']} people ({share}). {sale['credits']} credits."
        ],
        "vouchers": [
            f"Cancelled by eddy, Fri 27 Nov 20:50: {truth['vouchers']['cancelled']} of 60 messages withdrawn and "
            "refunded, 0 not withdrawn. 0 credits spent."
        ],
        "club": [
            "Accepted by OVH and held until Mon 30 Nov 08:00: the sending window for advertising is closed. "
            f"{club['accepted']} people, {club['credits']} credits.",
            "To withdraw what still waits at OVH, mark the run failed in Airflow",
            "ovh-sms cancel club --run manual__2026-11-27T21:30:00+01:00",
        ],
        "spring": [
            "Not sent: the campaign costs 156 credits; its budget is 50.",
            "Nothing was sent. Shorten the message (write o for ô: 78 credits)",
            "raise 'budget' in the campaign file",
        ],
        "restock": [
            f"4 of 10 batches were sent: {part['accepted']} of 1,000 people. {1000 - part['accepted']} were not "
            "written to, 0 rows rejected.",
            "Not enough credits: 100 needed",
            "clear the failed tasks of this run: batches that were sent are not sent again",
        ],
        "reminders": ["Waits until Sat 28 Nov 12:00 for the hours of 2 people. 1 of 2 batches were sent."],
        "orders": [
            f"{600 - orders['pending']} of 600 are final, {orders['delivered']} of them delivered; {orders['pending']} "
            "phones have not answered, at the latest Tue 1 Dec 07:30."
        ],
        "invoices": [
            "It is not known whether batch 2 of 3 (200 people) was sent, since Sat 28 Nov 07:41. OVH shows none of its "
            "messages. Credits are missing as if it had been sent.",
            "Search for the tag in OVH's manager, then use one command and clear the task.",
            "ovh-sms resolve c",
            "send --although-credits-are-gone",
        ],
        "delivery": [
            f"{n(leaving['sent'])} of {n(leaving['accepted'])} have left; about 1 min more. Counted Sat 28 Nov 07:5",
            "ovh-sms cancel delivery",
        ],
    }
