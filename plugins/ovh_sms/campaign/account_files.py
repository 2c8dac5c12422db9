"""The folder of account files: each is read for itself, then compared with the others."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from ovh_sms.campaign.account_file import AccountFile, Recredit
from ovh_sms.campaign.account_usage import UsageRules
from ovh_sms.campaign.strict_yaml import read_yaml
from ovh_sms.campaign.yaml_files import InvalidFile, load_folder, safe_name
from ovh_sms.campaign.yaml_paths import yaml_paths
from ovh_sms.errors import CampaignFileError

Found = AccountFile | InvalidFile


def load_accounts(folder: Path) -> list[Found]:
    """Read every account file.

    :returns: one item for each, in the order of the names. Two files about the credits of what may be one account are
        both broken, and so is one whose ``transfer.from`` names no other good file, one that OVH recredits, or leads
        back to itself.
    """
    found = read_accounts(folder)
    found = [_refuse_shared(each, found) if isinstance(each, AccountFile) else each for each in found]
    while True:  # a source that is broken breaks those that need it
        checked = [_refuse_source(each, found, folder) if isinstance(each, AccountFile) else each for each in found]
        if checked == found:
            return found
        found = checked


def read_accounts(folder: Path) -> list[Found]:
    """Read every account file for itself: what is wrong between their credits keeps no reply from being read.

    :returns: one item for each, in the order of the names.
    """
    return list(load_folder(folder, AccountFile))


class AccountFolder:
    """The account files of a folder, read once: a thousand campaigns ask for them.

    :param path: the folder; it is read at the first question.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def files(self) -> list[AccountFile]:
        """The files that can be used, each for itself, in the order of the names."""
        return [each for each in read_accounts(self.path) if isinstance(each, AccountFile)]

    def of(self, connection: str, account: str | None) -> list[AccountFile]:
        """Return the files of one account: one may be about its credits, another one about replies."""
        return [each for each in self.files if (each.connection, each.account) == (connection, account)]

    def merges_ovh_batches(self, connection: str, account: str | None) -> bool:
        """Return ``ovh_batches_merge`` of the files with the same connection and account; false without one."""
        return any(each.ovh_batches_merge for each in self.of(connection, account))

    def dead_after(self, connection: str, account: str | None) -> int | None:
        """Return ``dead_after`` of the first file with the same connection and account that has the field."""
        found = (each.dead_after for each in self.of(connection, account))
        return next((each for each in found if each is not None), None)


def usage_of(folder: Path, connection: str, account: str | None) -> UsageRules:
    """Return ``usage`` of the first account file with the same connection and account that has the field."""
    found = (each.usage for each in AccountFolder(folder).of(connection, account))
    return next((each for each in found if each is not None), UsageRules())


def _refuse_shared(file: AccountFile, found: list[Found]) -> Found:
    """Refuse a file about credits if another one may be about those of the same SMS account."""
    sources = {each.transfer.source for each in found if isinstance(each, AccountFile) and each.transfer is not None}
    if not _is_about_credits(file, sources):
        return file
    others = [
        f"'{other.name}'"
        for other in found
        if isinstance(other, AccountFile)
        and other is not file
        and _is_about_credits(other, sources)
        and other.connection == file.connection
        # Without `account` it is the connection's own, which the other file may name.
        and (other.account == file.account or not other.account or not file.account)
    ]
    if not others:
        return file
    error = CampaignFileError(
        f"account file '{file.name}': connection '{file.connection}' and field `account` may name the same SMS "
        f"account as in {' and '.join(others)}; credits would be ordered twice.",
        action="Nothing is ordered. Name a different `account` in each file, or remove one.",
    )
    return InvalidFile(file.name, error)


def _is_about_credits(file: AccountFile, sources: set[str]) -> bool:
    """Whether credits come to an account by its file, or go to another one that names it."""
    return file.has_needs or file.recredit is not None or file.name in sources


def _refuse_source(file: AccountFile, found: list[Found], folder: Path) -> Found:
    """Refuse a file if its credits cannot come from the file that it names."""
    if file.transfer is None:
        return file
    source = file.transfer.source
    problem = _problem(file, {each.name: each for each in found})
    if problem is None:
        return file
    path = next(path for path in yaml_paths(folder) if safe_name(path.stem) == file.name)
    line = read_yaml(path).place_of(("transfer", "from")).line
    error = CampaignFileError(
        f"{path.name}, line {line}: field `transfer.from` is wrong: '{source}' {problem}.",
        action="Nothing is ordered or transferred. Name the file of an account that has credits to give.",
    )
    return InvalidFile(file.name, error)


def _problem(file: AccountFile, found: dict[str, Found]) -> str | None:
    """The reason why an account's source cannot be used; ``None`` if it can."""
    way, at = [file.name], file
    while at.transfer is not None:
        source = found.get(at.transfer.source)
        if not isinstance(source, AccountFile):
            if at is not file:
                return None  # of that file alone, whose own error says it
            known = [name for name, each in found.items() if isinstance(each, AccountFile) and name != file.name]
            if source is None:
                return f"is no other account file; there are {', '.join(known) or 'none'}"
            return "is a broken account file"
        if at is file and isinstance(source.recredit, Recredit):
            return "gets its credits from OVH by `recredit`, and OVH would buy all that it gives"
        way.append(source.name)
        if source.name == file.name:
            return f"gets its credits from '{file.name}' in turn ({' from '.join(way)})"
        if source.name in way[:-1]:
            return None  # a circle further on: its own files are refused
        at = source
    return None
