"""OpenLineage: contact list → prepared list → messages at OVH → results → report, as datasets of the tasks.

Airflow's provider for OpenLineage asks each task by ``get_openlineage_facets_on_…``. Without it nobody asks, and
nothing of it is imported here. Names hold no phone number; facets are counts and digests.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

log = logging.getLogger(__name__)

#: Namespace of datasets that are neither files nor tables.
NAMESPACE = "ovh-sms"
#: Spellings of a scheme for which OpenLineage has one.
_SCHEMES = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}


@dataclass(frozen=True, kw_only=True)
class LineageDataset:
    """A dataset that a task reads or writes, as OpenLineage names it.

    :param namespace: such as ``file``, ``s3://bucket`` or ``ovh-sms://sms-xx12345-1``.
    :param name: a path or a name in it, without phone numbers.
    :param rows: rows or messages of this run, if they are known.
    :param version: a digest of what this run has read or written.
    """

    namespace: str
    name: str
    rows: int | None = None
    version: str | None = None


class ReportsLineage:
    """Part of a task that names its datasets to OpenLineage; outputs only once it has made them."""

    _result: dict[str, Any] | None = None

    def made(self, result: dict[str, Any]) -> dict[str, Any]:
        """Note the result of the task, without which no output is named.

        :returns: the same.
        """
        self._result = result
        return result

    def lineage_inputs(self, result: dict[str, Any] | None) -> Sequence[LineageDataset]:
        """Return what the task reads.

        :param result: what it has returned; ``None`` if it failed or was skipped.
        """
        raise NotImplementedError

    def lineage_outputs(self, result: dict[str, Any]) -> Sequence[LineageDataset]:
        """Return what the task has written."""
        raise NotImplementedError

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """Name inputs and outputs; Airflow also asks so about a task that was skipped, which has no output.

        :param task_instance: of the task, as Airflow gives it.
        """
        result = self._result
        return _lineage(self.lineage_inputs(result), () if result is None else self.lineage_outputs(result))

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """Name the inputs alone: what a task that failed has written is not whole.

        :param task_instance: of the task, as Airflow gives it.
        """
        return _lineage(self.lineage_inputs(None), ())


def contact_lists(contacts: str | Mapping[str, Any], campaign: str, *, rows: int | None = None) -> list[LineageDataset]:
    """Name a contact list: a file, an object, the tables of a query, a file of a server or the results of a resend.

    :param contacts: as the task that prepares it takes them.
    :param campaign: name of the campaign.
    :param rows: its rows, if they are known; of a query with several tables they are no table's.
    """
    if isinstance(contacts, str):
        return [file_dataset(contacts, rows=rows)]
    if "sql" in contacts:
        found = _tables(contacts["sql"]["connection"], contacts["sql"]["query"])
    elif "http" in contacts:
        endpoint = str(contacts["http"]["endpoint"]).partition("?")[0].strip("/")  # the query may hold a key
        found = [(NAMESPACE, f"connections/{contacts['http']['connection']}/{endpoint}")]
    else:
        return [results(campaign)]
    own = rows if len(found) == 1 else None
    return [LineageDataset(namespace=where, name=_shown(name), rows=own) for where, name in found]


def prepared_list(folder: str, *, rows: int | None = None, version: str | None = None) -> LineageDataset:
    """Name the prepared lists of a campaign; runs differ by the version.

    :param folder: of the prepared list of one of its runs.
    :param rows: receivers of this one.
    :param version: its digest.
    """
    from ovh_sms.contacts.prepared_list import MANIFEST_NAME

    return file_dataset(_of_every_run(folder, MANIFEST_NAME), rows=rows, version=version)


def prepared_batch(prepared: Mapping[str, Any] | None) -> list[LineageDataset]:
    """Name the prepared list that a batch is part of.

    :param prepared: as the task that submits it takes it; ``None`` if nothing was prepared.
    """
    if not prepared:
        return []
    version = prepared.get("run_digest") or prepared["digest"]  # a list with one batch has its own digest alone
    return [prepared_list(prepared["folder"], rows=prepared["accepted"], version=version)]


def messages(account: str, campaign: str, *, rows: int | None = None) -> LineageDataset:
    """Name the messages of a campaign at OVH.

    :param rows: those that OVH accepted in this task.
    """
    return LineageDataset(namespace=f"{NAMESPACE}://{account}", name=f"campaigns/{_shown(campaign)}", rows=rows)


def results(campaign: str, *, rows: int | None = None) -> LineageDataset:
    """Name the messages of a campaign with their delivery statuses, as the results database has them.

    :param rows: those that this task stored.
    """
    return LineageDataset(namespace=NAMESPACE, name=f"campaigns/{_shown(campaign)}/results", rows=rows)


def report_file(path: str) -> LineageDataset:
    """Name a file of the reports of a campaign.

    :param path: of that file in the report of one of its runs.
    """
    folder, _, name = path.rpartition("/")
    return file_dataset(_of_every_run(folder, name))


def file_dataset(path: str, *, rows: int | None = None, version: str | None = None) -> LineageDataset:
    """Name a file by OpenLineage's rules: ``file`` and its path, or the bucket and the key.

    :param path: of the disk, or an address such as ``s3://connection@bucket/list.csv``.
    :param rows: those that the task has read or written.
    :param version: a digest of what it has read or written.
    """
    given: dict[str, Any] = {"rows": rows, "version": version}
    scheme, separator, rest = path.partition("://")
    if not separator:
        return LineageDataset(namespace="file", name=_shown(path), **given)
    scheme, (host, _, key) = scheme.lower(), rest.partition("/")
    if scheme == "file":
        return LineageDataset(namespace="file", name=_shown(f"/{key}"), **given)
    # Before the @ stands an Airflow connection, or a login; a server's address may have a key behind its question mark.
    key = key.partition("?")[0] if scheme.startswith("http") else key
    bucket = f"{_SCHEMES.get(scheme, scheme)}://{host.rpartition('@')[2]}"
    return LineageDataset(namespace=bucket, name=_shown(key) or "/", **given)


def query_tables(hook: Any, connection: Any, query: str) -> list[tuple[str, str]]:
    """Find the tables that a query reads: each with its namespace, by OpenLineage's rules if Airflow's hook has them.

    :param hook: Airflow's hook to the database.
    :param connection: its Airflow connection.
    :param query: nothing of it but the names of its tables is kept.
    :returns: if the query names no table, or it is not understood, the connection.
    """
    from airflow.providers.openlineage.sqlparser import SQLParser
    from openlineage.common.sql import parse

    database = hook.get_openlineage_database_info(connection)
    schema = hook.get_openlineage_default_schema() if database else None
    dialect = hook.get_openlineage_database_dialect(connection)
    parsed = parse([query], dialect=dialect, default_schema=schema)
    tables = parsed.in_tables if parsed else []
    own = NAMESPACE, f"connections/{connection.conn_id}"
    if not tables:
        return [own]
    if database is None:  # a database for which OpenLineage has no names
        return sorted((NAMESPACE, f"{own[1]}/{each.qualified_name}") for each in tables)
    where = SQLParser.create_namespace(database)
    named, _ = SQLParser.get_metadata_from_parser(tables, [], database, where)
    return sorted((each.namespace, each.name) for each in named)


def _tables(conn_id: str, query: str) -> list[tuple[str, str]]:
    """The tables of a query over a connection; the connection itself if it cannot be used."""
    from airflow.sdk import BaseHook

    try:
        connection = BaseHook.get_connection(conn_id)
        return query_tables(connection.get_hook(), connection, query)
    except Exception as error:  # the task itself has said why
        log.warning("the tables of the contact list are not known to OpenLineage: %s", type(error).__name__)
        return [(NAMESPACE, f"connections/{conn_id}")]


def _of_every_run(folder: str, name: str) -> str:
    """Path of a file of all runs of a campaign: that of one of them with ``**`` for its own folders."""
    from ovh_sms.settings import data_path, inside_data

    data, found = data_path(), inside_data(folder)
    return str(data / found.relative_to(data).parts[0] / "**" / name)


def _shown(name: str) -> str:
    """A name with its phone numbers masked."""
    from ovh_sms.messaging.phone_masks import mask_numbers

    return mask_numbers(name)


def _lineage(inputs: Sequence[LineageDataset], outputs: Sequence[LineageDataset]) -> OperatorLineage[Any, Any]:
    """The datasets in the form that the provider takes from a task."""
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import input_statistics_input_dataset, output_statistics_output_dataset

    read = input_statistics_input_dataset.InputStatisticsInputDatasetFacet
    written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet

    def counted(rows: int | None, facet: Any, name: str) -> dict[str, Any]:
        return {} if rows is None else {name: facet(rowCount=rows)}

    return OperatorLineage(
        inputs=[
            InputDataset(
                namespace=each.namespace,
                name=each.name,
                facets=_version(each),
                inputFacets=counted(each.rows, read, "inputStatistics"),
            )
            for each in inputs
        ],
        outputs=[
            OutputDataset(
                namespace=each.namespace,
                name=each.name,
                facets=_version(each),
                outputFacets=counted(each.rows, written, "outputStatistics"),
            )
            for each in outputs
        ],
    )


def _version(dataset: LineageDataset) -> dict[str, Any]:
    from openlineage.client.facet_v2 import dataset_version_dataset

    version = dataset.version
    return {} if version is None else {"version": dataset_version_dataset.DatasetVersionDatasetFacet(version)}
