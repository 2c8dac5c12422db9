"""Bases of the bodies that calls send."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A body without other fields."""

    model_config = ConfigDict(extra="forbid")


class Body(Strict):
    """A body without other fields and without conversion of types, as OVH takes it."""

    model_config = ConfigDict(strict=True)


class Changes(Body):
    """Changes of an object, sent as the whole object; its read-only fields are ignored."""

    model_config = ConfigDict(extra="ignore")
