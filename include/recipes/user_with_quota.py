"""A user of the account with a quota of its own, and what each user has used in a month."""

from datetime import datetime

from airflow.sdk import dag, task

from ovh_sms.operators.build_usage import BuildUsageOperator
from ovh_sms.operators.one_user import CreateUserOperator

LOGIN = "desk"
DEFAULTS = {"start_date": datetime(2026, 1, 1), "catchup": False, "default_args": {"retries": 3}}


@dag(schedule=None, tags=["sms", "recipe"], **DEFAULTS)
def recipe_user():
    """Create a user, and give it 150 credits of the account's, once."""
    create = CreateUserOperator(
        task_id="create",
        login=LOGIN,
        password_conn_id="ovh_user_desk",
        quota=150,
        alert={"below": 20, "email": "desk@shop.example"},
    )

    @task
    def show():
        """Return the credits that are left of the quota."""
        from ovh_sms.hooks.sms import OvhSmsHook

        return OvhSmsHook().client.users.read(LOGIN).quota_left

    create >> show()


@dag(schedule="0 6 4 * *", params={"month": ""}, tags=["sms", "recipe"], **DEFAULTS)
def recipe_usage():
    """Compute what each user has used in the month before, and who pays for it. Spends nothing."""
    BuildUsageOperator(
        task_id="usage",
        month="{{ params.month }}",
        rules={"payers": [{"payer": "Support", "users": [LOGIN]}, {"payer": "Marketing", "campaigns": ["mail_merge"]}]},
    )


recipe_user()
recipe_usage()
