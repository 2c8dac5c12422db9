"""What a person decided about a write of which it is not known whether it was made."""

from __future__ import annotations

from ovh_sms.cli_resolve import PREFIX


def decision_on(tag: str) -> str:
    """Give the decision about a sending or an order.

    :param tag: names the write.
    :returns: ``CODE sent`` or ``CODE send``; empty where nobody decided.
    """
    from airflow.sdk import Variable

    return str(Variable.get(f"{PREFIX}{tag}", default="") or "")
