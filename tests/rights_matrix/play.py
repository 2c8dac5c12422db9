"""Plays scenes: once with exactly their rights, and once without each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ovh_sms.api.rights import RIGHTS, USER_RIGHTS, needed_rules
from ovh_sms.errors import MissingRight
from rights_matrix.scenes import Scene
from rights_matrix.stage import Stage, new_stage
from support.sandbox import SandboxProcess


@dataclass
class Played:
    """The calls of a scene, and its faults.

    :ivar called: the calls that it made, as rules of any account.
    :ivar found: what is wrong, in words; empty if all is well.
    """

    called: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)


def is_called(rule: str, called: set[str]) -> bool:
    """Whether one of some calls, with stars for their parts, needs a rule."""
    pattern = re.escape(rule).replace(re.escape("{account}"), "[^/]+").replace(re.escape("*"), ".+")
    return any(re.fullmatch(pattern, call) for call in called)


def names(error: Exception, rule: str, account: str) -> bool:
    """Whether an error names a rule, or one that it includes: ``GET /me/order/*`` allows reading the status too."""
    return any(
        is_called(rule.replace("{account}", account), {said}) for said in re.findall("`([A-Z]+ [^`]+)`", str(error))
    )


def rules_of(scene: Scene, stage: Stage, *, without: str = "", is_of_other: bool = False) -> list[str]:
    """The rules of a scene's purposes on both accounts, without one."""
    own = needed_rules({*scene.purposes, *scene.beside}, stage.account)
    rules = [*own, *needed_rules(scene.of_other, stage.other)]
    dropped = without.replace("{account}", stage.other if is_of_other else stage.account)
    return [each for each in rules if each != dropped]


def removable(scene: Scene) -> list[tuple[str, bool]]:
    """The rules that are removed, one at a time, and whether each is of the second account."""
    beside = needed_rules(scene.beside, "{account}")
    own = [each for each in needed_rules(scene.purposes, "{account}") if each not in beside]
    return [(each, False) for each in own] + [(each, True) for each in needed_rules(scene.of_other, "{account}")]


def play(scene: Scene, world: SandboxProcess) -> Played:
    """Play it with exactly the rights of its purposes."""
    with new_stage(world) as stage:
        scene.before(stage)
        stage.restrict(rules_of(scene, stage))
        world.reset_calls()
        scene.act(stage)
        played = Played(called=stage.called())
        if left := stage.pending():
            played.found.append(f"attempts are left {left}")
    known = {each.rule("*"): each for each in (*RIGHTS, *USER_RIGHTS)}
    about = {*scene.purposes, *scene.beside, *scene.of_other}
    for call in sorted(played.called):
        if call not in known or not about & {*known[call].purposes, *known[call].helps}:
            played.found.append(f"{call} is called, and no purpose names it")
    return played


def play_without(rule: str, scene: Scene, world: SandboxProcess, *, is_of_other: bool = False) -> list[str]:
    """Play it without one rule; returns what is wrong: no error, an error that does not name it, something done."""
    with new_stage(world) as stage:
        scene.before(stage)
        stage.restrict(rules_of(scene, stage, without=rule, is_of_other=is_of_other))
        before = stage.effects()
        try:
            scene.act(stage)
        except MissingRight as error:
            wrong = (
                []
                if names(error, rule, stage.other if is_of_other else stage.account)
                else [f"without {rule}: {error}"]
            )
        except Exception as error:
            wrong = [f"without {rule}: {type(error).__name__}: {error}"]
        else:
            wrong = [f"without {rule}: nothing failed"]
        if (after := stage.effects()) != before:
            wrong.append(f"without {rule}: {before} became {after}")
        if left := stage.pending():
            wrong.append(f"without {rule}: attempts are left {left}")
    return wrong
