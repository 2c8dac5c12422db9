"""OVH's own OpenAPI descriptions, as something to hold answers and requests against.

Where a description is at odds with itself or with OVH, it is amended here, and nowhere else:

* ``{"allOf": [...], "nullable": true}``: without a ``type`` beside it, ``nullable`` has no effect in OpenAPI 3.0, so
  null would be refused where OVH means to allow it. Rewritten as "that, or null".
* ``security`` names a scheme that is described nowhere; left out.
* Changes and deletions are described with no content at all, though OVH answers ``null``; taken as it is, for a
  validator checks described content only.
* The ``key`` of a document's tag is said to be read-only, so that no tag could ever be given; taken as writable.
* No object names its required fields, and none excludes others. For answers (``whole=True``) every described field is
  required and no other allowed, so that a hollow or invented answer fails.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openapi_core import OpenAPI

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = ("sms.openapi.json", "order-and-me.openapi.json")
METHODS = ("get", "post", "put", "delete")
_NULL = {"type": "object", "nullable": True, "enum": [None]}


def folder() -> Path:
    """The folder of the descriptions: ``OVH_SMS_SPECS``, or ``shared/ovh-api`` beside the checkout."""
    named = os.environ.get("OVH_SMS_SPECS")
    return Path(named) if named else ROOT.parent / "shared" / "ovh-api"


def absent() -> str:
    """Why the descriptions cannot be used; empty when they can."""
    missing = [name for name in FILES if not (folder() / name).is_file()]
    return f"OVH's OpenAPI files are not in {folder()} (set OVH_SMS_SPECS)" if missing else ""


def amended(node: Any, *, whole: bool) -> Any:
    """A description with its faults mended; see the head of this module."""
    if isinstance(node, list):
        return [amended(item, whole=whole) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: amended(value, whole=whole) for key, value in node.items() if key != "security"}
    if "allOf" in kept and kept.get("nullable"):
        return {"anyOf": [*kept["allOf"], _NULL]}
    if whole and kept.get("type") == "object" and isinstance(kept.get("properties"), dict):
        kept = {**kept, "required": sorted(kept["properties"]), "additionalProperties": False}
    return kept


def described(name: str, *, whole: bool) -> dict[str, Any]:
    """One of OVH's files, amended."""
    content: dict[str, Any] = amended(json.loads((folder() / name).read_text(encoding="utf-8")), whole=whole)
    tag = content["components"]["schemas"].get("complexType.SafeKeyValue_string")
    if tag:
        del tag["properties"]["key"]["readOnly"]
    return content


class Described:
    """The operations OVH describes.

    :param whole: ask for every described field and no other; right for answers, wrong for requests.
    """

    def __init__(self, *, whole: bool) -> None:
        from openapi_core import OpenAPI

        self._of: dict[str, OpenAPI] = {}
        self._base: dict[str, str] = {}
        self.operations: set[tuple[str, str]] = set()
        for name in FILES:
            content = described(name, whole=whole)
            description = OpenAPI.from_dict(content)
            for template, methods in content["paths"].items():
                self._of[template] = description
                self._base[template] = content["servers"][0]["url"]
                self.operations |= {(one.upper(), template) for one in methods if one in METHODS}

    def _request(self, method: str, template: str, path: str, query: Mapping[str, Any], body: bytes | None) -> Any:
        from openapi_core.testing import MockRequest

        host, _, version = self._base[template].rpartition("/")
        arguments = {name: str(value) for name, value in query.items()}
        return MockRequest(host, method.lower(), f"/{version}{path}", args=arguments, data=body)

    def check_answer(
        self, method: str, template: str, path: str, body: bytes, *, query: Mapping[str, Any] | None = None
    ) -> None:
        """Hold the body of a 200 answer against its description.

        :param template: the path as OVH describes it, ``/sms/{serviceName}``; ``path`` is the one called.
        :raises openapi_core.exceptions.OpenAPIError: when it does not fit.
        """
        from openapi_core.testing import MockResponse

        request = self._request(method, template, path, query or {}, None)
        self._of[template].validate_response(request, MockResponse(body))

    def check_request(
        self, method: str, template: str, path: str, body: bytes | None, *, query: Mapping[str, Any] | None = None
    ) -> None:
        """Hold a request's parameters and body against their description.

        :raises openapi_core.exceptions.OpenAPIError: when it does not fit.
        """
        self._of[template].validate_request(self._request(method, template, path, query or {}, body))
