"""A thousand campaigns that wait for their delivery receipts in one triggerer, and another trigger beside them.

A process of its own runs the triggers in one event loop with its default executor, as Airflow's triggerer does, against
the sandbox. All the time another coroutine measures ``asyncio.to_thread`` and ``getaddrinfo``. With ``threads`` each of
a few campaigns reads in the executor, with calls that wait for their turn there, as one trigger for each once did.
Prints JSON: the other trigger's 99th percentile, the memory more, and the most calls of a minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.already_sent import resident_mb
from bench.busy_key import use_store

NUMBERS = [f"+3363998{n:04d}" for n in range(5)]
KEY_CALLS_PER_MINUTE = 60
MINUTES = 2
PAUSE_SECONDS = 0.05


def measure(folder: Path, waiting: int, *, in_threads: bool) -> dict[str, Any]:
    """Let so many campaigns wait for some minutes."""
    from support.airflow_task import connection
    from support.sandbox import SandboxProcess

    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        os.environ["OVH_SMS_DATA"] = str(folder / "data")
        use_store(folder / "data")
        sandbox.account(creditsLeft=10 * waiting)
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox)
        tags = _submit(waiting)
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox, calls_per_minute=KEY_CALLS_PER_MINUTE)
        sandbox.reset_calls()
        return asyncio.run(_wait(sandbox, tags, in_threads=in_threads))


def _submit(campaigns: int) -> list[str]:
    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.hooks.sms import CallClass, OvhSmsHook

    tags = [f"bench{number}" for number in range(campaigns)]
    with OvhSmsHook(call_class=CallClass.WRITE).client as client:
        for tag in tags:
            about: dict[str, Any] = {"message": "Bonjour", "sender": "MYSHOP", "stop_clause": False}
            client.jobs.submit(SubmissionRequest(receivers=NUMBERS, tag=tag, **about))
    return tags


async def _wait(sandbox: Any, tags: list[str], *, in_threads: bool) -> dict[str, Any]:
    import airflow.jobs.triggerer_job_runner  # noqa: F401 - a triggerer holds it in any case

    from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger

    now = datetime.now(UTC)
    about: dict[str, Any] = {"ovh_sms_conn_id": "ovh_sms_default", "account": sandbox.account_name}
    about |= {"expected": len(NUMBERS) + 1, "poll_interval": 60.0, "opt_out_window": 0.0}  # one is never listed
    about |= {"submitted_at": now.isoformat(), "ends_at": (now + timedelta(days=3)).isoformat()}
    others = asyncio.create_task(_measure_others())
    await asyncio.sleep(1)
    before = peak = resident_mb()
    if in_threads:
        waits = [asyncio.create_task(_read_in_threads(tag)) for tag in tags]
    else:
        waits = [asyncio.create_task(_events(DeliveryReceiptsTrigger(tag=tag, **about))) for tag in tags]
    calls, counted = 0, 0
    for _ in range(MINUTES):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            await asyncio.sleep(1)
            peak = max(peak, resident_mb())
        total = await _call_count(sandbox)
        calls, counted = max(calls, total - counted), total
    ended = sum(each.done() for each in waits)
    others.cancel()
    found = {"foreign_p99_ms": await others, "rss_growth_mb": peak - before, "calls_per_minute": calls}
    print(json.dumps(found | {"waiting": len(tags) - ended}), flush=True)
    os._exit(0)  # threads that wait for their turn would hold it


async def _events(trigger: Any) -> None:
    async for _ in trigger.run():
        return


async def _call_count(sandbox: Any) -> int:
    # Not in the executor, which is measured.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import urllib.request; print(urllib.request.urlopen({sandbox.control + '/calls'!r}).read().decode())",
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await process.communicate()
    return int(json.loads(answer)["total"])


async def _measure_others() -> float:
    """Measure another trigger's calls until this is cancelled; returns milliseconds, one that never ended included."""
    loop, found, started = asyncio.get_running_loop(), [], time.perf_counter()
    try:
        while True:
            started = time.perf_counter()
            await asyncio.to_thread(lambda: None)
            found.append(time.perf_counter() - started)
            started = time.perf_counter()
            await loop.getaddrinfo("localhost", 80)
            found.append(time.perf_counter() - started)
            await asyncio.sleep(PAUSE_SECONDS)
    except asyncio.CancelledError:
        found.append(time.perf_counter() - started)
    ordered = sorted(found[:-1] if found[-1] < 2 * PAUSE_SECONDS else found)
    return 1000 * ordered[int(len(ordered) * 0.99)]


async def _read_in_threads(tag: str) -> None:
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.sending.progress import Awaited, read_progress

    client = OvhSmsHook().client
    while True:
        await asyncio.to_thread(read_progress, client, Awaited(tag, len(NUMBERS) + 1))
        await asyncio.sleep(1)


if __name__ == "__main__":
    measure(Path(sys.argv[1]), int(sys.argv[2]), in_threads=sys.argv[3] == "threads")
