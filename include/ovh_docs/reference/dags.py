"""The reference of the DAGs: each with its own description, as Airflow shows it."""

from __future__ import annotations

import inspect
import os
import runpy
from pathlib import Path
from typing import Any

from ovh_docs.reference.markdown import MADE


def dags(root: Path) -> dict[str, Any]:
    """Return the DAGs that the repository's own files make, by id."""
    from airflow.sdk import DAG

    before = os.environ.get("OVH_SMS_INCLUDE")
    os.environ["OVH_SMS_INCLUDE"] = str(root / "include")
    try:
        found = [
            each
            for path in sorted((root / "dags").glob("*.py"))
            for each in runpy.run_path(str(path)).values()
            if isinstance(each, DAG)
        ]
    finally:
        os.environ.pop("OVH_SMS_INCLUDE")
        if before is not None:
            os.environ["OVH_SMS_INCLUDE"] = before
    return {each.dag_id: each for each in found}


def dags_page(root: Path) -> str:
    """Return the page."""
    start = (
        "# DAGs\n\n"
        "Each campaign file makes one DAG; that of the sample campaign stands for all of them. The texts are those "
        f"that Airflow shows. {MADE}\n"
    )
    return "\n".join([start, *(_chapter(each) for each in dags(root).values())])


def _chapter(dag: Any) -> str:
    tasks = ", ".join(f"`{each}`" for each in dag.task_ids)
    texts = [f"## {dag.dag_id}", dag.description or "", inspect.cleandoc(dag.doc_md or "")]
    return "\n\n".join([*texts, *([f"**Tasks** {tasks}"] if tasks else [])]) + "\n"
