"""Where a campaign file says that its receivers come from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ovh_sms.campaign.yaml_files import Strict
from ovh_sms.number_types import NumberType

#: An address with a scheme, as storages have; one letter and a colon is a drive of Windows.
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class SqlSource(Strict):
    """A query whose rows are the receivers.

    :param connection: Airflow connection of the database.
    :param query: one statement; its columns' names are the list's header.
    """

    connection: Annotated[str, Field(min_length=1)]
    query: Annotated[str, Field(min_length=1)]


class HttpSource(Strict):
    """A file that a server gives.

    :param connection: Airflow connection of type ``http``.
    :param endpoint: path below the connection's host.
    """

    connection: Annotated[str, Field(min_length=1)]
    endpoint: Annotated[str, Field(min_length=1)]


class Contacts(Strict):
    """Where the receivers of a campaign come from; give exactly one of ``file``, ``sql`` and ``http``.

    :param file: path of the contact list, relative to the folder that holds ``campaigns/``; or an address such as
        ``s3://connection@bucket/list.csv``.
    :param sql: a query over an Airflow connection to a database.
    :param http: a file from a server, over an Airflow connection.
    :param sheet: sheet of an Excel workbook; the first where not given.
    :param suppress: files of numbers that get no SMS, beside OVH's blacklist; paths or addresses as ``file``. One may
        be given without a list around it.
    :param empty: what becomes of a row with an empty value that the message uses: it is sent as it is, rejected,
        or sent with ``default_text`` in the value's place.
    :param default_text: stands for empty values, with ``empty: text``.
    :param transliterate: write values in the GSM alphabet (``ê`` as ``e``) instead of rejecting their rows.
    :param number_column: name of the column with the numbers; found by its name where not given.
    :param region: two-letter country whose national forms are understood.
    :param also_accept: types of numbers that get an SMS beside mobile ones, such as ``fixed_line``.
    :param separator: one of ``; , | tab``; found by looking where not given.
    :param encoding: ``utf-8`` or ``cp1252``; found by looking where not given.
    """

    file: Annotated[str, Field(min_length=1)] | None = None
    sql: SqlSource | None = None
    http: HttpSource | None = None
    sheet: Annotated[str, Field(min_length=1)] | None = None
    suppress: tuple[Annotated[str, Field(min_length=1)], ...] | None = None
    empty: Literal["send", "reject", "text"] = "send"
    default_text: Annotated[str, Field(min_length=1)] | None = None
    transliterate: bool = False
    number_column: str | None = None
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "FR"
    also_accept: tuple[NumberType, ...] | None = None
    separator: Literal[";", ",", "\t", "|"] | None = None
    encoding: Literal["utf-8", "cp1252"] | None = None

    def source(self, include: Path) -> dict[str, Any]:
        """Say where the list and the suppression files are.

        :param include: folder that holds ``campaigns/``.
        :returns: ``contacts`` (a path, an address, or ``{"sql": …}`` or ``{"http": …}``), ``sheet``, ``suppress``.
        """
        if self.file is not None:
            contacts: str | dict[str, Any] = located(self.file, include)
        else:
            contacts = self.model_dump(include={"sql", "http"}, exclude_none=True)
        suppress = [located(each, include) for each in self.suppress or ()]
        return {"contacts": contacts, "sheet": self.sheet, "suppress": suppress}

    def options(self) -> dict[str, Any]:
        """Say how the list is to be read.

        :returns: fields of :class:`~ovh_sms.contacts.options.ContactOptions`.
        """
        names = {"number_column", "region", "separator", "encoding", "transliterate"}
        empty = {"empty": "reject" if self.empty == "reject" else "send", "empty_text": self.default_text}
        return {**self.model_dump(include=names), "also_accept": self.also_accept or (), **empty}

    @field_validator("suppress", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("file", "suppress")
    @classmethod
    def _no_web_address(cls, value: Any) -> Any:
        for each in [value] if isinstance(value, str) else value or ():
            if each.lower().startswith(("http://", "https://")):
                raise ValueError("a web address is given as 'http' with a connection and an endpoint")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Contacts:
        if sum(each is not None for each in (self.file, self.sql, self.http)) != 1:
            raise ValueError("give exactly one of 'file', 'sql' and 'http'")
        if self.sheet is not None and self.sql is not None:
            raise ValueError("'sheet' is for Excel workbooks, not for 'sql'")
        if (self.empty == "text") != (self.default_text is not None):
            raise ValueError("'empty: text' and 'default_text' go together")
        return self


def located(file: str, include: Path) -> str:
    """Find a file that a campaign names.

    :param file: a path, or an address with a scheme such as ``s3://``.
    :param include: folder that paths are relative to.
    :returns: the path below the folder; an address as it is.
    """
    return file if ADDRESS.match(file) else str(include / file)
