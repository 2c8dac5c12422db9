"""The contact list of a campaign file: a file, a query or a server, and how its rows are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ovh_sms.campaign.alternatives import CHOSEN, OTHER, chosen_for
from ovh_sms.campaign.yaml_files import Strict
from ovh_sms.number_types import NumberType

#: An address of a storage, with its scheme; one letter and a colon is a Windows drive.
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")

Address = Annotated[str, Field(min_length=1)]


class SqlSource(Strict):
    """A query that returns the contact list.

    :param connection: Airflow connection of the database.
    :param query: one statement; its column names are the list's header.
    """

    connection: Annotated[str, Field(min_length=1)]
    query: Annotated[str, Field(min_length=1)]


class HttpSource(Strict):
    """A contact list that a server returns.

    :param connection: Airflow connection of type ``http``.
    :param endpoint: path below the connection's host.
    """

    connection: Annotated[str, Field(min_length=1)]
    endpoint: Annotated[str, Field(min_length=1)]


class Consent(Strict):
    """The consent that a row must show for its person to get a message.

    :param column: name of the column, as in the header.
    :param accept: values that allow a message, in any case; ``""`` for an empty one. Any value does if not given.
    :param max_age_months: a consent of that many months, or older, is none.
    :param date_column: column with the day of the consent; by default ``column`` itself holds it.
    """

    column: Annotated[str, Field(min_length=1)]
    accept: tuple[str, ...] = ()
    max_age_months: Annotated[int, Field(ge=1, le=1_200)] | None = None
    date_column: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Consent:
        if not self.accept and self.max_age_months is None:
            raise ValueError("give the values that allow a message in `accept`, or `max_age_months`, or both")
        if self.accept and self.max_age_months is not None and self.date_column is None:
            raise ValueError("name the column with the day of the consent in `date_column`")
        return self


Consents = Annotated[
    Annotated[tuple[Consent, ...], CHOSEN] | Annotated[Literal["ignore"], OTHER], chosen_for(list, tuple)
]
CountryColumn = Annotated[
    Annotated[str, Field(min_length=1), OTHER] | Annotated[Literal[False], CHOSEN], chosen_for(bool)
]


class Contacts(Strict):
    """The contact list of a campaign; give exactly one of ``file``, ``sql`` and ``http``.

    :param file: path of the contact list, relative to the folder that holds ``campaigns/``; or an address such as
        ``s3://connection@bucket/list.csv``.
    :param sql: a query over an Airflow connection to a database.
    :param http: a file from a server, over an Airflow connection.
    :param sheet: sheet of an Excel workbook; the first if not given.
    :param suppress: files of numbers that get no SMS, beside the account's opt-outs; paths or addresses as ``file``.
        A single one needs no YAML list.
    :param empty: a row with an empty value that the message uses is sent as it is, rejected, or sent with
        ``default_text`` in place of the value.
    :param default_text: stands for empty values, with ``empty: text``.
    :param transliterate: write values in the GSM alphabet (``ê`` as ``e``) instead of rejecting their rows.
    :param number_column: name of the column with the numbers; found by its name if not given.
    :param region: two-letter country whose national forms are understood.
    :param also_accept: types of numbers that get an SMS beside mobile ones, such as ``fixed_line``.
    :param separator: one of ``; , | tab``; detected if not given.
    :param hidden_rows: rows and columns that a sheet hides, by a filter or by hand, are rejected or sent as the others.
    :param date_format: of dates, such as ``"%d/%m/%Y"`` or ``"%d/%m/%Y %H:%M"``; by default as a sheet shows them, and
        as French people write them in a Parquet file or a query.
    :param encoding: any of Python's, as ``utf-8`` or ``cp1252``; found if not given.
    :param line_breaks: a row with a line break in a value that the message uses is rejected, or sent with the line
        break or a blank in its place.
    :param header_line: line of a CSV file in which its header begins; found if not given.
    :param repair_encoding: repair values in UTF-8 that another program has read in another encoding.
    :param missing: values that mean that there is none; the usual ones (``NULL``, ``N/A``, ``-`` …) if not given.
    :param escaped_text: a row with a value that is escaped for a program (``&#39;``) is rejected, or decoded.
    :param encode_addresses: encode the values that the message puts into a web address (``Le Goff`` as ``Le%20Goff``).
    :param country_column: name of the column with each row's country; found by its name if not given; ``false``: none.
    :param consent: the consent that a row must show for its person to get a message: one rule or several, or
        ``ignore`` for none.
    :param duplicates: a row with the ``number`` of an earlier one is a duplicate; or with its ``number_and_text``.
    """

    file: Annotated[str, Field(min_length=1)] | None = None
    sql: SqlSource | None = None
    http: HttpSource | None = None
    sheet: Annotated[str, Field(min_length=1)] | None = None
    suppress: tuple[Address, ...] | None = None
    empty: Literal["send", "reject", "text"] = "send"
    default_text: Annotated[str, Field(min_length=1)] | None = None
    transliterate: bool = False
    number_column: str | None = None
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "FR"
    also_accept: tuple[NumberType, ...] | None = None
    hidden_rows: Literal["reject", "send"] = "reject"
    date_format: Annotated[str, Field(pattern="^([^%]|%[dmYyHMS])*%d([^%]|%[dmYyHMS])*$")] | None = None
    separator: Literal[";", ",", "\t", "|"] | None = None
    encoding: Annotated[str, Field(min_length=1)] | None = None
    line_breaks: Literal["reject", "keep", "blank"] = "reject"
    header_line: Annotated[int, Field(ge=1)] | None = None
    repair_encoding: bool = False
    missing: tuple[str, ...] | None = None
    escaped_text: Literal["reject", "decode"] = "reject"
    encode_addresses: bool = False
    country_column: CountryColumn | None = None
    consent: Consents | None = None
    duplicates: Literal["number", "number_and_text"] = "number"

    def location(self, include: Path) -> str | dict[str, Any]:
        """Return where the contact list is.

        :returns: a path, an address, or ``{"sql": …}`` or ``{"http": …}`` with their fields.
        """
        if self.file is not None:
            return located(self.file, include)
        return self.model_dump(include={"sql", "http"}, exclude_none=True)

    def suppression_files(self, include: Path) -> list[str]:
        """Return the paths and addresses of the suppression files."""
        return [located(each, include) for each in self.suppress or ()]

    def options(self) -> dict[str, Any]:
        """Return the fields of :class:`~ovh_sms.contacts.options.ContactOptions`."""
        names = {"number_column", "region", "separator", "encoding", "transliterate"}
        names |= {"line_breaks", "header_line", "repair_encoding", "hidden_rows", "date_format"}
        names |= {"country_column", "escaped_text", "encode_addresses", "duplicates"} | (
            {"missing"} if self.missing is not None else set()
        )
        asked: Any = self.consent
        if isinstance(self.consent, tuple):
            asked = [each.model_dump() for each in self.consent]
        empty = {
            "empty": "reject" if self.empty == "reject" else "send",
            "empty_text": self.default_text,
            "consent": asked,
        }
        return {**self.model_dump(include=names), "also_accept": self.also_accept or (), **empty}

    @field_validator("suppress", mode="before", json_schema_input_type=Address | tuple[Address, ...] | None)
    @classmethod
    def _one_file_is_a_list_of_one(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("consent", mode="before", json_schema_input_type=Consent | Consents | None)
    @classmethod
    def _rules_or_ignore(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return [value]
        if isinstance(value, list | tuple) or value in (None, "ignore"):
            return value
        raise ValueError("give `ignore`, or a rule such as {column: newsletter, accept: [Oui]}")

    @field_validator("file", "suppress")
    @classmethod
    def _no_web_address(cls, value: Any) -> Any:
        for each in [value] if isinstance(value, str) else value or ():
            if each.lower().startswith(("http://", "https://")):
                raise ValueError("a web address is given as `http` with a connection and an endpoint")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            "".encode(value or "utf-8")
        except (LookupError, ValueError):
            raise ValueError("no encoding that Python knows, such as `utf-8` or `cp1252`") from None
        return value

    @model_validator(mode="after")
    def _fits(self) -> Contacts:
        if sum(each is not None for each in (self.file, self.sql, self.http)) != 1:
            raise ValueError("give exactly one of `file`, `sql` and `http`")
        if self.sheet is not None and self.sql is not None:
            raise ValueError("`sheet` is for Excel workbooks, not for `sql`")
        if (self.empty == "text") != (self.default_text is not None):
            raise ValueError("`empty: text` and `default_text` go together")
        return self


def located(file: str, include: Path) -> str:
    """Complete the path of a file that a campaign names; an address stays as it is.

    :param file: a path, or an address with a scheme such as ``s3://``.
    """
    return file if ADDRESS.match(file) else str(include / file)
