"""Examples at the end of each command's ``--help``."""

from __future__ import annotations

#: The words after ``ovh-sms``, by command.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "preview": ("preview spring", "preview --file list.csv --message 'Bonjour #prenom#' --rejects rejects.csv"),
    "test": ("test spring", "test spring --to +33639980001"),
    "status": ("status", "status spring --runs 1 --json"),
    "credits": ("credits", "credits shop --json"),
    "usage": ("usage --account shop --month 2026-10", "usage --account shop --month 2026-10 --format csv"),
    "schema": ("schema campaign", "schema account"),
    "callbacks": ("callbacks --url https://airflow.example.com", "callbacks --url https://airflow.example.com --yes"),
    "rights": ("rights", "rights --account sms-xx12345-1 --for campaign,report", "rights --for campaign --request"),
    "doctor": ("doctor", "doctor --connection ovh_sms_shop --for campaign,report"),
    "cancel": ("cancel spring --dry-run", "cancel spring --run scheduled__2026-10-05T09:00:00+00:00"),
    "resend": ("resend spring --failed temporary --dry-run", "resend spring --failed temporary"),
    "resolve": ("resolve 4f1c9a2b7d3e a1b2c3 sent",),
    "held": ("held spring send", "held spring drop --run manual__2026-10-05T09:00:00+00:00"),
    "erase": ("erase -", "erase +33639980001"),
    "outbox": ("outbox --watch", "outbox --watch --account sms-xx12345-1"),
    "outbox list": ("outbox list --state unknown", "outbox list --tag orders --limit 100 --json"),
    "outbox queue": ("outbox queue order-4711 'Votre commande est prête.' --to - --sender MYSHOP --no-advertising",),
    "outbox cancel": ("outbox cancel order-4711",),
    "senders list": ("senders list",),
    "senders request": ("senders request MyShop --description 'Shop in Lyon' --reason 'Trade mark 4711'",),
    "senders validate": ("senders validate +33639980001 abcd",),
    "db init": ("db init",),
    "db upgrade": ("db upgrade",),
    "db check": ("db check", "db check --results results_of_test"),
    "db backup": ("db backup /backups/results-2026-10-05.sqlite",),
    "db rebuild": ("db rebuild", "db rebuild --since 2026-09-01 --json"),
    "db restored": ("db restored", "db restored --although-attempts-are-missing --connection ovh_sms_default"),
}


def examples(command: str) -> str:
    """Return the text below the options of a command.

    :param command: its words, such as ``db check``.
    """
    lines = [f"  ovh-sms {each}" for each in EXAMPLES[command]]
    return "\n".join(["\b", "Examples:" if len(lines) > 1 else "Example:", *lines])
