"""The rights of a consumer key compared with what purposes need, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ovh_sms.api.models import AccessRule
from ovh_sms.api.purposes import PURPOSES, with_others
from ovh_sms.api.rights import is_granted, needed_rules


@dataclass(frozen=True)
class GrantedRights:
    """The rights of a key beside those that purposes need.

    :param missing: by purpose, the rules that it lacks; a purpose that lacks none is not there.
    :param unneeded: rules of the key that none of the purposes needs, or that allow more than they need.
    """

    missing: Mapping[str, list[str]]
    unneeded: list[str]

    def all_missing(self, purposes: Iterable[str]) -> list[str]:
        """List the rules that the key lacks for some purposes, each once."""
        return list(dict.fromkeys(rule for name in purposes for rule in self.missing.get(name, ())))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"missing": dict(self.missing), "unneeded": self.unneeded}


def compare_rights(
    rules: Iterable[AccessRule], account: str, *, purposes: Iterable[str] | None = None
) -> GrantedRights:
    """Compare the rules of a key with the fewest that purposes need on an account.

    :param purposes: names of :data:`ovh_sms.api.purposes.PURPOSES`; by default all of them.
    :raises ovh_sms.errors.ConfigurationError: a purpose does not exist.
    """
    names = tuple(PURPOSES) if purposes is None else with_others(purposes)
    rules, needed = list(rules), {name: needed_rules([name], account) for name in names}
    missing = {name: [rule for rule in wanted if not is_granted(rule, rules)] for name, wanted in needed.items()}
    known = {rule for wanted in needed.values() for rule in wanted}
    # Of two accounts between which credits are transferred, one key may serve both.
    unneeded = [shown for each in rules if (shown := f"{each.method} {each.path}") not in known]
    return GrantedRights({name: lacks for name, lacks in missing.items() if lacks}, unneeded)


def users_of(purposes: Iterable[str]) -> list[str]:
    """List the DAGs and commands that fail without the rights of some purposes."""
    return list(dict.fromkeys(each for name in purposes for each in PURPOSES[name].used_by))
