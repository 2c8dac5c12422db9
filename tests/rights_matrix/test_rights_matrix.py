"""Each task and command runs with exactly its rights; without one it says which, and has done nothing."""

from __future__ import annotations

from functools import cache

import pytest

from ovh_sms.api.purposes import OTHERS, PURPOSES
from ovh_sms.api.rights import RIGHTS, needed_rights
from rights_matrix.play import Played, is_called, play, play_without, removable
from rights_matrix.scenes import SCENES, Scene
from support.cli import process
from support.sandbox import SandboxProcess
from support.worlds import world as world

_BY_NAME = {each.name: each for each in SCENES}


@pytest.fixture(scope="module", autouse=True)
def _airflow_database() -> None:
    """Airflow's own database, which holds its Variables."""
    done = process(script="from airflow.utils.db import initdb; initdb()")
    assert done.code == 0, done.err


def before(scene: Scene) -> list[Scene]:
    """The scenes before one that have the same purposes, and what they are about."""
    return [each for each in SCENES[: SCENES.index(scene)] if each.is_variant_of(scene)]


@cache
def played(name: str, world: SandboxProcess) -> Played:
    """A scene that is played once, whichever test asks first."""
    return play(_BY_NAME[name], world)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_it_runs_with_exactly_its_rights(scene: Scene, world: SandboxProcess) -> None:
    assert played(scene.name, world).found == []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_without_a_right_it_names_that_and_has_done_nothing(scene: Scene, world: SandboxProcess) -> None:
    called = played(scene.name, world).called
    known = set[str]().union(*(played(each.name, world).called for each in before(scene)))
    for rule, is_of_other in removable(scene):
        # A right that an earlier scene of the purpose uses was removed there; `python -m rights_matrix` removes all.
        if is_called(rule, called) and not is_called(rule, known):
            assert play_without(rule, scene, world, is_of_other=is_of_other) == []


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_no_right_is_asked_for_that_is_never_used(purpose: str, world: SandboxProcess) -> None:
    scenes = [each for each in SCENES if purpose in (*each.purposes, *each.of_other)]
    called = set[str]().union(*(played(each.name, world).called for each in scenes))
    assert [right for right in needed_rights([purpose]) if right.rule("*") not in called] == []


def test_every_name_in_the_table_is_a_purpose() -> None:
    named = {name for right in RIGHTS for name in (*right.purposes, *right.helps)}
    assert named == PURPOSES.keys() | OTHERS
    assert [right for right in RIGHTS if set(right.purposes) & OTHERS] == []
    assert {beside for each in PURPOSES.values() for beside in each.beside} <= PURPOSES.keys()
