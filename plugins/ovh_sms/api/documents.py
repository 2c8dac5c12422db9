"""Documents: files that OVH keeps for a while, for receivers lists on their way in and exports on their way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ovh_sms.api.answers import Answer
from ovh_sms.api.models import Document
from ovh_sms.api.part import ClientPart


class DocumentCalls(ClientPart):
    """Calls about documents. Their bytes go through :class:`ovh_sms.hooks.documents.DocumentHook`."""

    def create_document(self, name: str, *, tags: Mapping[str, str] | None = None) -> Document:
        """Make an empty document that a file can be put into.

        :param name: the file's name.
        :param tags: what the document is for, by key.
        :returns: the document with the address to put the bytes to.

        Source: POST ``/me/document``.
        """
        pairs = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        body = {"name": name, "tags": pairs or None}
        return self._transport.request(self._call("POST", "/me/document", body=body), _document)

    def expire_document(self, document_id: str, at: datetime) -> None:
        """Let a document vanish by itself.

        :param document_id: the document.
        :param at: when, with its time zone.

        Source: PUT ``/me/document/{id}``.
        """
        body = {"expirationDate": at.isoformat(timespec="seconds")}
        call = self._call("PUT", "/me/document/{document}", document=document_id, body=body)
        self._transport.request(call, Answer.nothing)

    def document(self, document_id: str) -> Document:
        """Read a document: its size, and the address to get it from.

        :param document_id: the document.
        :raises ovh_sms.errors.NotFound: where it does not exist, or not any more.

        Source: GET ``/me/document/{id}``.
        """
        call = self._call("GET", "/me/document/{document}", document=document_id)
        return self._transport.request(call, _document)

    def delete_document(self, document_id: str) -> None:
        """Remove a document at once.

        :param document_id: the document.

        Source: DELETE ``/me/document/{id}``.
        """
        call = self._call("DELETE", "/me/document/{document}", document=document_id)
        self._transport.request(call, Answer.nothing)


def _document(answer: Answer) -> Document:
    fields = answer.fields()
    return Document(
        id=fields.text("id"),
        name=fields.text("name"),
        size=fields.integer("size"),
        created=fields.moment("creationDate"),
        expires=fields.optional_moment("expirationDate"),
        get_url=fields.text("getUrl"),
        put_url=fields.text("putUrl"),
    )
