"""Refusals in the two shapes of OVH's errors."""

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


class Refusal(Exception):
    """A refusal of the API, in the older shape with an ``errorCode`` or in that with a class."""

    def __init__(self, status: int, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def body(self) -> dict[str, Any]:
        """Make the body of the answer."""
        if self.code:
            http_code = f"{self.status} {HTTPStatus(self.status).phrase}"
            return {"errorCode": self.code, "httpCode": http_code, "message": self.message}
        kind = "Client::Error" if self.status < 500 else "Server::Error"
        return {"class": CLASSES.get(self.status, kind), "message": self.message}


def bad(message: str) -> Refusal:
    """A parameter is wrong."""
    return Refusal(400, message)


def missing(what: str = "The requested object") -> Refusal:
    """No such thing."""
    return Refusal(404, f"{what} does not exist")
