"""Replies come in: parse, match, act, store. Nothing here knows Airflow or HTTP."""
