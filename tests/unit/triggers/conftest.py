"""The sandbox of this folder."""

from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]
