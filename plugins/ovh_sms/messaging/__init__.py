"""The text and receivers of an SMS: segments, mail merge, phone numbers, sending window, delivery status.

Pure functions: nothing here knows Airflow, HTTP or a database.
"""
