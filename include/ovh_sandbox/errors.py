"""Refusals in the two shapes in which OVH's errors are seen."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

CLASSES = {
    400: "Client::BadRequest",
    401: "Client::Unauthorized",
    402: "Client::PaymentRequired",
    403: "Client::Forbidden",
    404: "Client::NotFound",
    405: "Client::MethodNotAllowed",
    409: "Client::Conflict",
    429: "Client::TooManyRequests",
    460: "Client::ResourceExpired",
    500: "Server::InternalServerError",
    502: "Server::BadGateway",
    503: "Server::ServiceUnavailable",
    504: "Server::GatewayTimeout",
}


def phrase(status: int) -> str:
    """Words for a status, OVH's own 460 included."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Resource Expired" if status == 460 else "Error"


class Refusal(Exception):
    """The API says no: with a code, the older shape is answered, without one the shape with a class.

    :param status: HTTP status.
    :param message: the sentence in the answer.
    :param code: OVH's ``errorCode``, for the refusals that carry one.
    """

    def __init__(self, status: int, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def body(self) -> dict[str, Any]:
        """What the answer holds."""
        if self.code:
            return {
                "errorCode": self.code,
                "httpCode": f"{self.status} {phrase(self.status)}",
                "message": self.message,
            }
        kind = "Client::Error" if self.status < 500 else "Server::Error"
        return {"class": CLASSES.get(self.status, kind), "message": self.message}


def bad(message: str) -> Refusal:
    """A parameter is wrong."""
    return Refusal(400, message)


def missing(what: str = "The requested object") -> Refusal:
    """No such thing."""
    return Refusal(404, f"{what} does not exist")
