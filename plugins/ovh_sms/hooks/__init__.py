"""Airflow connections turned into clients of OVH, of documents, of the results and of an object storage."""

from __future__ import annotations

from ovh_sms.object_storage.storage import Storage, use_opener


def open_storage(address: str) -> Storage:
    """Open the object storage of lists and reports; see :func:`~ovh_sms.hooks.object_storage.opened`."""
    from ovh_sms.hooks.object_storage import opened

    return opened(address)


# The rooms below read and write paths, and do not know Airflow: this is how the storage behind them is opened.
use_opener(open_storage)
