"""Other programs on the account of a sandbox, who send while a test reads it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.clock import SystemClock
from support.sandbox import SandboxProcess

PEOPLE = [f"+3363998{number:04d}" for number in range(10_000)]


def client_of(sandbox: SandboxProcess, *, calls_per_minute: int = 60_000) -> OvhSmsClient:
    keys = Credentials(
        endpoint=sandbox.endpoint,
        application_key=sandbox.keys.application_key,
        application_secret=sandbox.keys.application_secret,
        consumer_key=sandbox.keys.consumer_key,
    )
    return OvhSmsClient(credentials=keys, account=sandbox.account_name, calls_per_minute=calls_per_minute)


def submit(client: OvhSmsClient, receivers: list[str], tag: str = "others") -> None:
    for start in range(0, len(receivers), 500):
        some = receivers[start : start + 500]
        client.jobs.submit(
            SubmissionRequest(message="Bonsoir", receivers=some, sender="MYSHOP", stop_clause=False, tag=tag)
        )


@contextmanager
def traffic(sandbox: SandboxProcess, per_second: float) -> Iterator[None]:
    """Others who send one message after the other."""
    over, drawn, client = threading.Event(), random.Random(7), client_of(sandbox)

    def run() -> None:
        people = iter(PEOPLE)
        while not over.wait(drawn.expovariate(per_second)):
            submit(client, [next(people)])

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)
        client.close()


class Beside(SystemClock):
    """The machine's clock; something happens during each sleep."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self.happens = happens

    def sleep(self, seconds: float) -> None:
        self.happens()
        super().sleep(seconds)
