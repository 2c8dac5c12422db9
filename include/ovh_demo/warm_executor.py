"""An executor whose workers have imported what tasks need: each task starts some seconds of work earlier.

Airflow makes a process for each task, as a copy of a worker, which has imported next to nothing. It is right for
Airflows that live for minutes and whose code does not change meanwhile: demo and tests.
"""

import importlib
import pkgutil
from contextlib import suppress

from airflow.executors.local_executor import LocalExecutor

#: What every task process imports: Airflow's part of it, and libraries that the package imports within functions.
OTHERS = ("airflow.sdk.execution_time.task_runner", "airflow.dag_processing.dagbag", "alembic.command", "ovh", "pandas")
#: Rooms whose modules are for other processes.
NOT_OF_TASKS = ("ovh_sms.__main__", "ovh_sms.cli", "ovh_sms.dashboard", "ovh_sms.plugin", "ovh_sms.store.migrations")


def names_of_modules() -> list[str]:
    """Names of the modules to import."""
    import ovh_sms

    def fine(name: str) -> bool:
        return not any(name == each or name.startswith(f"{each}.") for each in NOT_OF_TASKS)

    # Walked by hand: walk_packages would import the packages that are left out.
    found, packages = [], [(ovh_sms.__path__, "ovh_sms.")]
    while packages:
        for each in pkgutil.iter_modules(*packages.pop()):
            if fine(each.name):
                found.append(each.name)
                if each.ispkg:
                    packages.append((importlib.import_module(each.name).__path__, f"{each.name}."))
    return [*OTHERS, *sorted(found)]


class WarmExecutor(LocalExecutor):
    """Airflow's own LocalExecutor; only what its workers have imported differs."""

    def start(self) -> None:
        """Import everything, then make the workers."""
        for name in names_of_modules():
            with suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(name)
        super().start()
