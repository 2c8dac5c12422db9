"""JSON Schema of the campaign file and the account file, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from ovh_sms.campaign.field_texts import field_texts, first_paragraph

#: A number in quotes counts as a number, and a word of these as yes or no.
_NUMERIC = {"type": "string", "pattern": r"^\s*[+-]?(\d[\d_]*)?\.?\d*([eE][+-]?\d+)?\s*$"}
_TRUTHS = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0")
#: The file is read so that `YES` and `1` are words there; an editor reads a truth value and a number.
_WORDS = ("words",)
_WORD = {"type": ["string", "number", "boolean"]}


def file_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a file that is read as a model.

    It accepts each file that the model accepts. What depends on several fields, on the calendar or on Airflow is
    checked by the model alone.

    :param model: :class:`~ovh_sms.campaign.campaign_file.Campaign` or
        :class:`~ovh_sms.campaign.account_file.AccountFile`.
    :returns: plain JSON values.
    """
    schema = _as_written(model.model_json_schema(mode="validation"))
    schema["properties"].pop("name")  # the file's own name
    schema["required"] = [each for each in schema.get("required", ()) if each != "name"]
    for name, each in _models_of(model).items():
        described = schema if name == model.__name__ else schema.get("$defs", {}).get(name)
        if described is not None:
            _describe(described, each)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the meaning of each field beside it, as an editor shows it."""
    schema["description"] = first_paragraph(model)
    texts = field_texts(model)
    for name, about in schema.get("properties", {}).items():
        if name in texts:
            about["description"] = texts[name].replace("``", "`")
        if name in _WORDS:
            about["items"] = _WORD


def _as_written(schema: Any) -> Any:
    """Accept what YAML and the models read beside the exact type: a number in quotes, `yes` for true."""
    if isinstance(schema, list):
        return [_as_written(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _as_written(value) for key, value in schema.items() if key not in ("title", "discriminator")}
    if choices := found.pop("oneOf", None) or found.pop("anyOf", None):
        found["anyOf"] = [one for each in choices for one in (each["anyOf"] if {*each} == {"anyOf"} else [each])]
    kind = found.get("type")
    if kind not in ("number", "integer", "boolean") or "const" in found:
        return found
    kept = {"default": found.pop("default")} if "default" in found else {}
    if kind == "boolean":
        return {"anyOf": [found, {"enum": [0, 1]}, {"type": "string", "pattern": _any_case(_TRUTHS)}], **kept}
    return {"anyOf": [found, _NUMERIC], **kept}


def _any_case(words: tuple[str, ...]) -> str:
    letters = ("".join(f"[{each}{each.upper()}]" if each.isalpha() else each for each in word) for word in words)
    return f"^({'|'.join(letters)})$"


def _models_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """A model and those of its fields, by their names."""
    found: dict[str, type[BaseModel]] = {}

    def visit(part: Any) -> None:
        if isinstance(part, type) and issubclass(part, BaseModel) and part.__name__ not in found:
            found[part.__name__] = part
            for about in part.model_fields.values():
                visit(about.annotation)
        for each in get_args(part):
            visit(each)

    visit(model)
    return found
