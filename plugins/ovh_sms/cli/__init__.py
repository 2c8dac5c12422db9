"""The command ``ovh-sms``: one module per command. The exit codes stand in :mod:`ovh_sms.cli.exit_codes`.

``ovh-sms --help`` must stay quick: Airflow, pandas, SQLAlchemy and the like are imported inside the commands. A new
command is a new module and one line below.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer
from typer.main import get_command

import ovh_sms.hooks  # noqa: F401 - it opens the object storage of lists and reports
from ovh_sms.cli import cancel, db, erase, held, outbox, preview, resend, resolve, senders, status
from ovh_sms.cli.callbacks import set_callbacks
from ovh_sms.cli.clone import use_airflow_of_clone
from ovh_sms.cli.credits import show_credits
from ovh_sms.cli.doctor import examine_connection
from ovh_sms.cli.examples import examples
from ovh_sms.cli.exit_codes import ExitCode, exit_code
from ovh_sms.cli.rights import show_rights
from ovh_sms.cli.schema import print_schema
from ovh_sms.cli.send_test import send_test
from ovh_sms.cli.usage import show_usage
from ovh_sms.errors import OvhSmsError

app = typer.Typer(
    help="SMS campaigns on OVHcloud.", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
app.command("preview", epilog=examples("preview"))(preview.preview_campaign)
app.command("test", epilog=examples("test"))(send_test)
app.command("status", epilog=examples("status"))(status.show_status)
app.command("credits", epilog=examples("credits"))(show_credits)
app.command("rights", epilog=examples("rights"))(show_rights)
app.command("doctor", epilog=examples("doctor"))(examine_connection)
app.command("usage", epilog=examples("usage"))(show_usage)
app.command("schema", epilog=examples("schema"))(print_schema)
app.command("callbacks", epilog=examples("callbacks"))(set_callbacks)
app.command("cancel", epilog=examples("cancel"))(cancel.cancel_campaign)
app.command("resend", epilog=examples("resend"))(resend.resend_failed)
app.command("resolve", epilog=examples("resolve"))(resolve.resolve_outcome)
app.command("held", epilog=examples("held"))(held.decide_held_run)
app.command("erase", epilog=examples("erase"))(erase.erase_person)
app.add_typer(outbox.app, name="outbox")
app.add_typer(senders.app, name="senders")
app.add_typer(db.app, name="db")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. An expected error is one sentence on stderr: what happened, what was not done, what to do.

    :param arguments: without the program's name; those of the process if not given.
    """
    # The result alone belongs on stdout: Airflow logs there, and --json would not be JSON.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    use_airflow_of_clone()
    try:
        get_command(app).main(args=arguments, prog_name="ovh-sms")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.DONE
    except OvhSmsError as error:
        sys.stderr.write(f"ovh-sms: {error}\n")
        return exit_code(error)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "ovh_sms"):  # a defect, not an installation
            raise
        sys.stderr.write(
            f"ovh-sms: The Python library {missing} is not installed for {sys.executable}. "
            "Use the Python that Airflow runs on, or 'make preview CAMPAIGN=spring' in a clone.\n"
        )
        return ExitCode.REFUSED
    return ExitCode.DONE
