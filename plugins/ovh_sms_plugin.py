"""The one file of this folder that Airflow runs; the plugin itself is part of the package."""

from ovh_sms.plugin import OvhSmsPlugin

__all__ = ["OvhSmsPlugin"]
