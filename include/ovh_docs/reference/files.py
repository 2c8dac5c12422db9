"""The reference of the campaign file and the account file: every field, made from the models and their schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ovh_docs.reference.markdown import MADE, plain, table
from ovh_sms.campaign.json_schema import file_schema

_BOUNDS = {
    "minimum": "at least {:,}",
    "exclusiveMinimum": "above {:,}",
    "maximum": "at most {:,}",
    "exclusiveMaximum": "below {:,}",
    "maxLength": "at most {} characters",
    "minItems": "{} or more",
    "maxItems": "at most {}",
    "pattern": "as `{}`",
}
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no", "object": "fields"}


def campaign_file_page(root: Path) -> str:
    """Return the page of the campaign file.

    :param root: of the repository.
    """
    from ovh_sms.campaign.campaign_file import Campaign

    return _page(
        "The campaign file: every field", "campaign", Campaign, "../campaigns.md", root / "include/campaigns/guide.yaml"
    )


def account_file_page(root: Path) -> str:
    """Return the page of the account file; see :func:`campaign_file_page`."""
    from ovh_sms.campaign.account_file import AccountFile

    return _page(
        "The account file: every field",
        "account",
        AccountFile,
        "../credits.md#the-account-file",
        root / "include/accounts/default.yaml",
    )


def _page(title: str, kind: str, model: type[BaseModel], guide: str, sample: Path) -> str:
    schema = file_schema(model)
    models = schema.get("$defs", {})
    top = f"The file of {'a campaign' if kind == 'campaign' else 'an account'}"
    chapters = [f"## {top}\n\n{_fields(schema)}"]
    chapters += [
        f"## {name}\n\n{plain(about.get('description', ''))}\n\n{_fields(about)}" for name, about in models.items()
    ]
    start = (
        f"# {title}\n\n{plain(schema['description'])} [How to write it]({guide}).\n\n{MADE} The same as JSON Schema "
        f"for editors: [{kind}.schema.json](../../include/{kind}s/{kind}.schema.json).\n\n"
        f"```yaml\n{sample.read_text(encoding='utf-8')}```\n"
    )
    return "\n".join([start, *chapters])


def _fields(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = []
    for name, about in schema.get("properties", {}).items():
        default = "required" if name in required else f"`{json.dumps(about.get('default'), ensure_ascii=False)}`"
        rows.append((f"`{name}`", _type(about), default, plain(about.get("description", ""))))
    return table(("Field", "Type", "Default", "Meaning"), rows)


def _type(schema: dict[str, Any]) -> str:
    """The type of a field in words; the forms that YAML may have in place of the usual one are left out."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        kinds = [_type(each) for each in schema["anyOf"] if not _is_other_form(each, schema["anyOf"])]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        if "off" in values:
            values = ["off"]  # `off` is false to YAML
        return ", ".join(f"`{json.dumps(each).strip(chr(34))}`" for each in values)
    bounds = [said.format(schema[name]) for name, said in _BOUNDS.items() if name in schema]
    if schema.get("type") == "array":
        return ", ".join([f"list of {_type(schema.get('items', {}))}", *bounds])
    kind = schema.get("type")
    if isinstance(schema.get("additionalProperties"), dict):
        return f"names with {_type(schema['additionalProperties'])} each"
    words = _TYPES.get(kind, "any value") if isinstance(kind, str) else "text"
    return ", ".join([words, *bounds])


def _is_other_form(schema: dict[str, Any], beside: list[dict[str, Any]]) -> bool:
    kinds = {each.get("type") for each in beside if isinstance(each.get("type"), str)}
    if schema.get("type") == "null" or schema.get("enum") == [0, 1]:
        return True
    return "pattern" in schema and schema["pattern"].startswith(("^\\s*[+-]", "^([tT]")) and len(kinds) > 1
