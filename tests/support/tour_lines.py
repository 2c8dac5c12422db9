"""The words of each run of the tour, with the figures of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping


def n(number: float) -> str:
    return f"{number:,.0f}"


def first_lines(truth: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """Parts of the first line of each run's page, from the truth; and of what it says is to be done.

    :param truth: counts of the sandbox by the names of the campaigns.
    """
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
            "Nothing was sent. Raise 'budget' to 156 or more in the campaign file, then clear preflight. Or write o "
            "for ô and raise it to 78 or more, as that text is still above the budget; then clear prepare.",
        ],
        "restock": [
            f"4 of 10 batches were sent: {part['accepted']} of 1,000 people. {1000 - part['accepted']} were not "
            "written to, 0 rows rejected.",
            "Batches 5 to 10: OVH refused the request: the account holds too few credits.",
            "The rest of the run needs 600 credits. By its newest reading, Sat 28 Nov 07:58, less what was sent since, "
            "the account holds ",
            ": no order is needed. To send to the others, clear the failed tasks send of this run",
        ],
        "reminders": ["Waits until Sat 28 Nov 12:00 for the hours of 2 people. 1 of 2 batches were sent."],
        "orders": [
            f"{600 - orders['pending']} of 600 are final, {orders['delivered']} of them delivered; {orders['pending']} "
            "phones have not answered, at the latest Tue 1 Dec 07:30."
        ],
        "invoices": [
            "It is not known whether batch 2 of 3 (200 people) was sent, since Sat 28 Nov 07:41. OVH shows none of its "
            "messages. Credits are missing as if it had been sent.",
            "Search OVH's manager for the tag c",
            "then clear the task send of batch 2. Not sent yet: batch 3 (200 people); clear the failed tasks",
            "You find its messages: mark it as sent. Nothing is sent again:",
            "ovh-sms resolve c",
            "If it did leave, 200 people get it twice:",
            "send --although-credits-are-gone",
        ],
        "delivery": [
            f"{n(leaving['sent'])} of {n(leaving['accepted'])} have gone out; about 1 min more. Counted Sat 28 Nov 07:",
            "ovh-sms cancel delivery",
        ],
    }
