"""Pages that are served from a cache, unless the call says that it must not be."""

from __future__ import annotations

from urllib.error import HTTPError

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed

OUTGOING = f"{ACCOUNT}/outgoing"
PAGES = {"X-Pagination-Mode": "CachedObjectList-Pages", "X-Pagination-Size": "1"}
FRESH = {**PAGES, "Pragma": "no-cache"}


def send(api: Signed, sandbox: SandboxProcess, *, number: int = 1) -> None:
    body = {"message": "Hello", "sender": "MYSHOP", "tag": "one", "noStopClause": True}
    receivers = [f"+3363998{number:03d}{at}" for at in range(3)]
    assert api.post(JOBS, {**body, "receivers": receivers}).status == 200
    sandbox.clock(advance=60)


def counted(api: Signed, headers: dict[str, str], **query: str) -> int:
    answer = api.get(OUTGOING, headers=headers, **(query or {"tag": "one"}))
    return int(answer.headers["x-pagination-elements"])


def test_nothing_is_cached_unless_it_is_switched_on(api: Signed, sandbox: SandboxProcess) -> None:
    assert counted(api, PAGES) == 0
    send(api, sandbox)
    assert counted(api, PAGES) == 3


def test_a_count_is_old_without_the_header_and_true_with_it(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(cache_seconds=300)
    assert counted(api, PAGES) == 0
    send(api, sandbox)
    assert counted(api, PAGES) == 0, "the old list"
    assert counted(api, FRESH) == 3
    assert counted(api, PAGES) == 3, "the true one took its place"


def test_each_list_is_kept_for_itself_and_its_pages_are_of_one_moment(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(cache_seconds=300)
    send(api, sandbox)
    assert counted(api, PAGES) == 3
    assert counted(api, PAGES, tag="two") == 0
    second = {**PAGES, "X-Pagination-Number": "2"}
    assert counted(api, second) == 3
    send(api, sandbox, number=2)
    assert counted(api, second) == 3
    assert counted(api, FRESH) == 6
    assert counted(api, second) == 6


def test_lists_of_ids_are_never_old(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(cache_seconds=300)
    assert api.get(OUTGOING, tag="one").json == []
    send(api, sandbox)
    assert len(api.get(OUTGOING, tag="one").json) == 3


def test_it_ends_with_its_time_and_with_a_new_world(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(cache_seconds=0.5)
    assert counted(api, PAGES) == 0
    send(api, sandbox)
    sandbox.wait_until(lambda: counted(api, PAGES) == 3)
    sandbox.features(cache_seconds=300)
    assert counted(api, PAGES) == 3
    sandbox.reset()
    assert counted(api, PAGES) == 0


def test_the_cache_does_not_open_what_a_key_may_not_read(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(cache_seconds=300)
    assert counted(api, PAGES) == 0
    other = Signed(sandbox, consumer_key=sandbox.key([("GET", "/sms")]))
    assert other.get(OUTGOING, headers=PAGES, tag="one").status == 403


def test_it_lasts_no_time_below_zero(sandbox: SandboxProcess) -> None:
    with pytest.raises(HTTPError, match="422"):
        sandbox.features(cache_seconds=-1)
