"""A version of a broken campaign file is known by its content, not by the date that a copy of it has."""

from __future__ import annotations

from datetime import datetime

from dags.test_invalid_campaign import BROKEN, GOOD, SAVED, Folder, include, read_dags

__all__ = ["include"]


def broken_at() -> datetime:
    return read_dags().dags["sms_broken_spring"].start_date


def test_the_same_invalid_file_that_is_copied_anew_makes_no_other_run(include: Folder) -> None:
    include.save(BROKEN)
    assert broken_at() == SAVED
    include.save(BROKEN, SAVED.replace(day=28))  # as a checkout or the start of a container does
    assert broken_at() == SAVED
    include.save(GOOD, SAVED.replace(day=29))
    read_dags()
    include.save(BROKEN, SAVED.replace(day=29, hour=17))
    assert broken_at() == SAVED.replace(day=29, hour=17)


def test_another_broken_version_with_an_older_date_is_later_all_the_same(include: Folder) -> None:
    include.save(BROKEN)
    assert broken_at() == SAVED
    include.save(BROKEN.replace("Bonjour", "Bonsoir"), SAVED.replace(day=1))
    later = broken_at()
    assert later > SAVED
    assert broken_at() == later
