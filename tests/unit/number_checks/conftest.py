"""The sandbox of this folder."""

from __future__ import annotations

from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]
