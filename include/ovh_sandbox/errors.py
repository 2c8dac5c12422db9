"""Refusals in the two shapes of OVH's errors."""

from http import HTTPStatus
from typing import Any


def _phrase(status: int) -> str:
    if status == 460:  # OVH's own
        return "Resource Expired"
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else "Error"


class Refusal(Exception):
    """A refusal of the API, in the older shape with an ``errorCode`` or in that with a class."""

    def __init__(self, status: int, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code

    def body(self) -> dict[str, Any]:
        """Make the body of the answer."""
        if self.code:
            http_code = f"{self.status} {_phrase(self.status)}"
            return {"errorCode": self.code, "httpCode": http_code, "message": self.message}
        side = "Client" if self.status < 500 else "Server"
        return {"class": f"{side}::{_phrase(self.status).replace(' ', '')}", "message": self.message}


def bad(message: str) -> Refusal:
    """Refuse a wrong parameter."""
    return Refusal(400, message)


def missing(title: str) -> Refusal:
    """Refuse a call about an unknown object."""
    return Refusal(404, f"{title} does not exist")
