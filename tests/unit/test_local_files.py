"""Modules that may name files of one machine: every other one uses paths of the data folder, which may be a bucket."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from support.pages import ROOT

PACKAGE = ROOT / "plugins" / "ovh_sms"
#: Modules of Python that know files of this machine only.
MODULES = {"shutil", "tempfile", "fcntl", "sqlite3", "glob", "mmap"}
#: Functions that take a file of this machine, by their last name; ``Path`` makes such a file of a text.
CALLS = {
    *("open", "os.open", "os.replace", "os.rename", "os.remove", "os.unlink", "os.link", "os.makedirs", "os.mkdir"),
    *("os.listdir", "os.scandir", "os.walk", "Path", "FileResponse"),
}
#: Local names of each module, and why it may have them.
ALLOWED = {
    # Of the installed package or of Airflow's files, which every host has.
    "campaign/notifiers.py": {"Path"},
    "dashboard/assets.py": {"Path", "FileResponse"},
    "plugin.py": {"Path"},
    # Folders of campaign files, which each host has in the same version; what the person at a command names.
    "operators/check_credits.py": {"Path"},
    "operators/collect_replies.py": {"Path"},
    "operators/handle_callbacks.py": {"Path"},
    "operators/replies_read.py": {"Path"},
    "operators/send_tests.py": {"Path"},
    "notifications/late_run.py": {"Path"},
    "cli/arguments.py": {"Path"},
    "cli/clone.py": {"Path"},
    "cli/completion.py": {"Path"},
    "cli/new_files.py": {"shutil", "os.open"},
    "cli/outbox_watch.py": {"Path"},
    "cli/output.py": {"shutil", "os.open"},
    "cli/preview.py": {"tempfile", "Path"},
    "cli/preview_options.py": {"Path"},
    "cli/send_test.py": {"tempfile", "Path"},
    # Names of contact lists, and copies of them that their task removes.
    "contacts/preparation.py": {"Path"},
    "contacts/prepared_list.py": {"Path"},
    "contacts/read/contact_rows.py": {"Path"},
    "hooks/contact_lists.py": {"Path", "shutil"},
    "sending/failed_list.py": {"Path"},
    # Both kinds of place.
    "settings.py": {"Path"},
    "private_files.py": {"shutil", "tempfile", "os.open", "Path"},
    "hooks/object_storage.py": {"shutil"},
    "hooks/outbox_folder.py": {"Path"},
    "object_storage/stored_path.py": {"Path"},
    "object_storage/transfers.py": {"tempfile"},
    "campaign/kept_files.py": {"tempfile", "Path"},
    "dashboard/rejects.py": {"FileResponse"},
    # SQLite, which is for one machine.
    "hooks/store.py": {"Path"},
    "store/backup.py": {"sqlite3", "Path"},
    "store/database.py": {"Path"},
    "store/migrate.py": {"sqlite3", "Path"},
    "store/shell_names.py": {"sqlite3"},
    "store/turns.py": {"fcntl", "os.open", "Path"},
}


def local_names(source: str) -> Iterator[str]:
    """The names in a module that are of one machine."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in CALLS and ast.unparse(node) not in {"Path(__file__)"}:
                yield name


def test_only_known_modules_name_files_of_one_machine() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): {*local_names(path.read_text(encoding="utf-8"))}
        for path in PACKAGE.rglob("*.py")
    }
    used = {name: names for name, names in found.items() if names}
    assert used == ALLOWED, "A path of the data folder comes from data_path() or as_path(), see docs/storage.md."


def test_every_way_to_open_a_local_file_is_found_in_a_source() -> None:
    source = (
        "import shutil\nfrom tempfile import TemporaryDirectory\nimport os\n"
        "def f(text, path):\n    path.open()\n    Path(__file__)\n"
        "    open(text)\n    os.open(text, 0)\n    Path(text)\n"
    )
    assert {*local_names(source)} == {"shutil", "tempfile", "open", "os.open", "Path"}
