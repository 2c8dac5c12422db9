# The image of every service of Airflow in docker-compose.yaml, and of helm-values.yaml: Airflow with what the package
# needs at run time, at the versions of requirements.txt. The slim image holds no provider that could disagree with them.
FROM apache/airflow:slim-3.3.2-python3.12
USER root
# A new volume takes the owner of the folder that it hides; otherwise it belongs to root.
RUN install --directory --owner=airflow --group=0 --mode=0770 /auth /data /opt/airflow/ovh_sms_data
USER airflow
COPY requirements.in requirements.txt /requirements/
# The part of requirements.in for run time, the driver of PostgreSQL, and hatchling for the step below.
RUN sed '/^# Tests and checks/,$d' /requirements/requirements.in > /tmp/run-time.in \
 && pip install --no-cache-dir --constraint /requirements/requirements.txt --requirement /tmp/run-time.in \
    psycopg2-binary hatchling
# Makes the package known to Airflow; its code is that of the folder `plugins`, which is mounted.
COPY --chown=airflow pyproject.toml README.md LICENSE /opt/airflow/
COPY --chown=airflow plugins/ovh_sms/__init__.py /opt/airflow/plugins/ovh_sms/
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable /opt/airflow
