"""What a person decided about a write of which it is not known whether it was made."""

from __future__ import annotations

#: Name of the Airflow Variable that holds a decision, before the tag.
PREFIX = "ovh_sms_resolve_"
#: What may be decided.
DECISIONS = ("sent", "send")


def decision_on(tag: str) -> str:
    """Give the decision about a sending or an order.

    :param tag: names the write.
    :returns: ``CODE sent`` or ``CODE send``; empty where nobody decided.
    """
    from airflow.sdk import Variable

    return str(Variable.get(f"{PREFIX}{tag}", default="") or "")
