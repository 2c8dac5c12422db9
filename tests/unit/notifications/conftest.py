"""The sandbox of this folder."""

from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]
