"""``ovh-sms resolve``: say what became of a sending or an order of which the task could not find out."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from typing import Any

from ovh_sms.errors import ConfigurationError

#: Name of the Airflow Variable that holds a decision, before the tag.
PREFIX = "ovh_sms_resolve_"

_TAG = re.compile(r"[A-Za-z0-9_.-]{1,20}")
_CODE = re.compile(r"[0-9a-f]{6}")


def add_resolve(commands: Any) -> None:
    """Describe the command's arguments.

    :param commands: the parser's commands.
    """
    resolve = commands.add_parser(
        "resolve",
        help="decide about a sending or an order of which it is not known whether it was made",
        description="Writes the decision down for the task that asks for it; its error names TAG and CODE. Observation in "
        "OVH's manager first: 'send' sends. Then clear the task in Airflow. Run this where Airflow's own command "
        "reaches its database; or make the Variable in Airflow's UI.",
    )
    resolve.add_argument("tag", metavar="TAG", help="tag that the task's error names")
    resolve.add_argument(
        "code", metavar="CODE", help="code that the task's error names; good for one doubt only"
    )
    resolve.add_argument(
        "decision",
        choices=("sent", "send"),
        help="sent: it was made, do nothing again; send: OVH has nothing of it, make it now",
    )


def resolve(given: argparse.Namespace) -> str:
    """Write a decision down.

    :param given: the arguments.
    :returns: what to do next.
    :raises ConfigurationError: tag or code cannot be meant, or Airflow did not keep the decision.
    """
    if not _TAG.fullmatch(given.tag) or not _CODE.fullmatch(given.code):
        raise ConfigurationError(
            f"{given.tag} {given.code} is no tag with its code.", action="Copy both from the task's error."
        )
    name, value = f"{PREFIX}{given.tag}", f"{given.code} {given.decision}"
    command = [sys.executable, "-m", "airflow", "variables", "set", name, value]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - checked above
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise ConfigurationError(
            f"Airflow did not keep the decision: {' '.join(last)[:200]}",
            action=f"Make the Variable {name} with the value '{value}' in Airflow's UI instead.",
        )
    return f"Kept: {name} = {value}\nNow clear the task in Airflow: it does as decided.\n"
