"""The one file of this folder that Airflow runs; the plugin itself is part of the package."""

from ovh_sms.plugin import OvhSmsPlugin, warn_of_two_copies

warn_of_two_copies(__file__)
__all__ = ["OvhSmsPlugin"]
