"""Ask people something they can answer: a short number, their replies, an answer to each."""

from datetime import datetime

from airflow.sdk import chain, dag

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.operators.collect_replies import CollectRepliesOperator
from ovh_sms.operators.configure_callbacks import ConfigureCallbacksOperator
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.send_reply import SendReplyOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.settings import include_path

LIST = include_path(__file__) / "recipes" / "members.csv"
MESSAGE = "Bonjour #prenom#, venez-vous mardi ? Repondez OUI ou NON."
KEYWORDS = [{"words": ["OUI"], "event": "confirmed"}, {"words": ["NON"], "event": "declined"}]
TERMS = {"sender": None, "sender_for_response": True, "stop_clause": False}
#: As OVH reaches Airflow's API server.
AIRFLOW = "https://airflow.example.com"
DEFAULTS = {"start_date": datetime(2026, 1, 1), "catchup": False, "default_args": {"retries": 3}}


@dag(schedule=None, tags=["sms", "recipe"], **DEFAULTS)
def recipe_ask():
    """Ask everybody on a list from a short number. Spends a credit for each segment, 500 at most."""
    prepare = PrepareContactsOperator(
        task_id="prepare", campaign="ask", contacts=str(LIST), message=MESSAGE, stop_clause=False, terms=TERMS
    )
    check = PreflightOperator(
        task_id="preflight", prepared=prepare.output, message=MESSAGE, marketing=False, sender=None, budget=500
    )
    upload = UploadReceiversOperator(task_id="upload_receivers", prepared=prepare.output, marketing=False)
    send = SendJobOperator(
        task_id="send",
        message=MESSAGE,
        receivers=upload.output,
        prepared=prepare.output,
        campaign="ask",
        reply_rules={"keywords": KEYWORDS},
        outlets=[CAMPAIGN_SENT],
        **TERMS,
    )
    free = FreeReceiversSlotOperator(task_id="free_receivers", receivers=upload.output)
    chain(prepare, check, upload, send, free.as_teardown(setups=upload))


@dag(schedule="*/5 * * * *", max_active_runs=1, tags=["sms", "recipe"], **DEFAULTS)
def recipe_replies():
    """Collect replies, and thank those who come. Spends a credit for each answer; OVH takes more for a reply."""
    collect = CollectRepliesOperator(task_id="collect", keywords=KEYWORDS)
    thank = SendReplyOperator(task_id="thank", campaign="ask", event="confirmed", message="Merci #prenom#, à mardi !")
    collect >> thank


@dag(schedule=None, tags=["sms", "recipe"], **DEFAULTS)
def recipe_callbacks():
    """Have OVH call Airflow about each reply and STOP. Spends nothing, changes settings at OVH."""
    ConfigureCallbacksOperator(task_id="configure", url=AIRFLOW, kinds=("reply", "stop"))


recipe_ask()
recipe_replies()
recipe_callbacks()
