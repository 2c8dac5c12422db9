"""Damages by subject: each module enters its own into the table."""

from list_proof.damages import cells, characters, columns, header, numbers, quotes, rows, sheets
from list_proof.damages.registry import DAMAGES, Damage

__all__ = ["DAMAGES", "Damage", "cells", "characters", "columns", "header", "numbers", "quotes", "rows", "sheets"]
