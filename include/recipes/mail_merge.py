"""Mail merge: each receiver's own values stand in the message, by the names of the list's columns."""

from datetime import datetime

from airflow.sdk import chain, dag

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.preview_contacts import PreviewContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.settings import include_path

LIST = str(include_path(__file__) / "contacts" / "guide.csv")
MESSAGE = "Bonjour #prenom# #nom#, votre commande va être livrée à l’adresse : #adresse# . Cordialement."
SENDER = "MYSHOP"
TERMS = {"sender": SENDER, "stop_clause": False}  # no advertising


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, default_args={"retries": 3}, tags=["sms", "recipe"])
def recipe_mail_merge():
    """Name each customer the address of the delivery. Spends a credit for each segment, 500 at most."""
    preview = PreviewContactsOperator(task_id="preview", contacts=LIST, message=MESSAGE, stop_clause=False)
    prepare = PrepareContactsOperator(
        task_id="prepare", campaign="mail_merge", contacts=LIST, message=MESSAGE, stop_clause=False, terms=TERMS
    )
    check = PreflightOperator(
        task_id="preflight", prepared=prepare.output, message=MESSAGE, marketing=False, sender=SENDER, budget=500
    )
    upload = UploadReceiversOperator(task_id="upload_receivers", prepared=prepare.output, marketing=False)
    send = SendJobOperator(
        task_id="send",
        message=MESSAGE,
        receivers=upload.output,
        prepared=prepare.output,
        campaign="mail_merge",
        outlets=[CAMPAIGN_SENT],
        **TERMS,
    )
    free = FreeReceiversSlotOperator(task_id="free_receivers", receivers=upload.output)
    chain(preview, prepare, check, upload, send, free.as_teardown(setups=upload))


recipe_mail_merge()
