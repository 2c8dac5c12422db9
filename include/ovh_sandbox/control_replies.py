"""The control side of replies: a person answers."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import Field

from .models import Strict
from .sandbox import Box, Sandbox
from .world import replies
from .world.messages import outgoing_id

router = APIRouter()


class Habit(Strict):
    """A share of the receivers who reply with a text, so many simulated seconds after the message was delivered."""

    share: Annotated[float, Field(gt=0, le=1)]
    text: str
    after: Annotated[float, Field(ge=0)] = 60.0


class NewReply(Strict):
    """A reply of a person; it arrives after ``delay`` simulated seconds.

    It answers the newest message that this person can answer, of an ``account`` or with a ``tag`` if given. With the
    tag null it arrives without one. An ``unasked`` one answers none: it comes to the account by itself.
    ``order`` is how its id lies to those of earlier replies.
    """

    receiver: str
    text: str
    account: str | None = None
    tag: str | None = None
    delay: Annotated[float, Field(ge=0)] = 0.0
    order: replies.Ids | None = None
    unasked: bool = False


class NewReplies(Strict):
    """Many replies in one call, each as by itself."""

    replies: list[NewReply]


@router.post("/replies")
def answer(box: Box, new: NewReply) -> dict[str, Any]:
    """Let a person answer. ``id`` is OVH's; null while the reply is on its way, or if OVH does not list it."""
    number = replies.add(box, _unasked(box, new) if new.unasked else _answer(box, new))[0]
    replies.catch_up(box)
    row = box.find("The reply", "SELECT * FROM replies WHERE id = ?", number)
    return {
        "id": None if row["to_clause"] else row["incoming"],
        "account": row["account"],
        "tag": row["tag"],
        "outgoing_id": None if row["message"] is None else outgoing_id(row["message"]),
        "stop": bool(row["stop"]),
    }


@router.post("/replies/bulk")
def answer_many(box: Box, many: NewReplies) -> dict[str, int]:
    """Let many people answer; all of them or none."""
    made = [_unasked(box, new) if new.unasked else _answer(box, new) for new in many.replies]
    replies.add(box, *made)
    replies.catch_up(box)
    return {"made": len(made)}


def _unasked(box: Sandbox, new: NewReply) -> replies.Reply:
    if box.state.row("SELECT 1 FROM accounts WHERE name = ?", new.account) is None:
        raise HTTPException(404, f"no account {new.account}: a message that answers none needs one")
    return replies.Reply(
        new.account or "", new.receiver, new.text, new.tag or "", int(box.now + new.delay), ids=new.order
    )


def _answer(box: Sandbox, new: NewReply) -> replies.Reply:
    at = int(box.now + new.delay)
    found = replies.answered(box, new.receiver, new.text, at=at, account=new.account, tag=new.tag)
    if found is None:
        raise HTTPException(
            404,
            "This person has no message to answer: of the last 48 hours, delivered and asking for replies;"
            " or for a STOP, delivered with a STOP clause.",
        )
    tag = "" if new.tag is None and "tag" in new.model_fields_set else found["tag"]
    to_clause = found["sender"] != ""
    return replies.Reply(
        found["account"], new.receiver, new.text, tag, at, found["id"], to_clause=to_clause, ids=new.order
    )
