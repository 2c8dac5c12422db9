"""References made from the code: fields, commands, operators, errors, settings and DAGs as they are, never older."""

from __future__ import annotations

from pathlib import Path


def references(root: Path) -> dict[str, str]:
    """Return the pages in Markdown by their path on the site.

    :param root: of the repository.
    """
    from ovh_docs.reference.command_line import command_line_page
    from ovh_docs.reference.dags import dags_page
    from ovh_docs.reference.error_tree import errors_page
    from ovh_docs.reference.files import account_file_page, campaign_file_page
    from ovh_docs.reference.operators import operators_page
    from ovh_docs.reference.settings import settings_page

    return {
        "reference/campaign-file.md": campaign_file_page(root),
        "reference/account-file.md": account_file_page(root),
        "reference/command-line.md": command_line_page(),
        "reference/dags.md": dags_page(root),
        "reference/operators.md": operators_page(),
        "reference/errors.md": errors_page(root),
        "reference/settings.md": settings_page(root),
    }
