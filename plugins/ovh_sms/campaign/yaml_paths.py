"""The YAML files that people keep in a folder, without those that programs leave beside them."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = (".yaml", ".yml")


def yaml_paths(folder: Path) -> list[Path]:
    """List the YAML files of a folder that are not hidden, in the order of their names.

    While somebody edits ``spring.yaml``, Emacs keeps ``.#spring.yaml``; a Mac copies it with ``._spring.yaml``.
    """
    return sorted(path for path in folder.glob("*.y*ml") if path.suffix in _SUFFIXES and not path.name.startswith("."))
