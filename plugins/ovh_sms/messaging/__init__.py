"""What an SMS is: encoding and parts, mail merge, phone numbers, sending hours, delivery receipts.

Pure functions: nothing here knows Airflow, HTTP or a database.
"""
