"""From a contact list to a prepared list and its rejects; each row is accounted for.

Pure functions on files: nothing here knows Airflow, HTTP or a database.
"""
