"""Other programs on the first account: they send single messages at random moments, half of them deferred."""

import itertools
import logging
import threading
from random import Random

from .errors import Refusal
from .sandbox import Sandbox
from .world import sending
from .world.seed import ACCOUNT

log = logging.getLogger("ovh_sandbox")
TAG = "a stranger's"
MESSAGE = "A message of another program"
SENDER = "MYSHOP"
# Minutes for which every second message waits.
DELAY = 1
# Seconds between two reads of the feature if it is off.
IDLE = 0.1


class Strangers(threading.Thread):
    """Sends as often as the feature ``strangers_per_second`` says, for as long as the process lives."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(name="strangers", daemon=True)
        self.sandbox = sandbox
        self._random = Random(f"{sandbox.seed} strangers")
        self._over = threading.Event()

    def run(self) -> None:
        """Send, wait, and so on."""
        for number in itertools.count():
            often = self.sandbox.features["strangers_per_second"]
            if self._over.wait(min(self._random.expovariate(often), 10.0) if often else IDLE):
                return
            if self.sandbox.features["strangers_per_second"]:
                self._send(number)

    def stop(self) -> None:
        """End it."""
        self._over.set()

    def _send(self, number: int) -> None:
        box = self.sandbox
        job = sending.Job(
            message=MESSAGE, sender=SENDER, tag=TAG, noStopClause=True, differedPeriod=DELAY if number % 2 else 0
        )
        receiver = f"+3363998{9600 + number % 400}"
        late = box.features["late_messages"] or None
        try:
            sending.accept(box, ACCOUNT, job, sending.List("receivers", 1, "", late=late), [(receiver, ())], ())
        except Refusal as refusal:
            log.info("a stranger's message was refused: %s", refusal.message)
        except Exception:
            log.exception("a stranger's message failed in the sandbox itself")
