"""The users of the accounts: as their files want them, as OVH has them, and what differs from what was applied."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from ovh_sms.accounts.settings import NAMES
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import USERS_DAG
from ovh_sms.dashboard.view import ViewDep
from ovh_sms.report.language import translatable
from ovh_sms.store.user_records import CREATE, DELETE, SAME, UNMANAGED, UPDATE

router = APIRouter()
#: States of a user in words, with the weight of each.
STATES = {
    CREATE: (translatable("is to be created"), "in_part"),
    UPDATE: (translatable("is to be changed"), "in_part"),
    DELETE: (translatable("is to be deleted"), "in_part"),
    SAME: (translatable("as its file wants it"), "final"),
    UNMANAGED: (translatable("in no file"), "held"),
}


@router.get("/users", response_class=HTMLResponse)
def users_page(view: ViewDep) -> HTMLResponse:
    """Show the users of every account, as the last comparison found them, to those who may read its DAG."""
    if not view.rights.may_read(USERS_DAG):
        raise HTTPException(403, "Forbidden")
    accounts = [(account, store().users.rows(account)) for account in store().users.accounts()]
    accounts = [each for each in accounts if view.rights.may_read_account(each[0])]
    return view.page("users.html.j2", accounts=accounts, user_states=STATES, names=NAMES)
