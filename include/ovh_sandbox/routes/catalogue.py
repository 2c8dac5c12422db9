"""Blacklists, delivery codes, rates and estimates."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter

from ..clock import iso
from ..errors import missing
from ..models import Body
from ..sandbox import Box
from ..world import blacklist, catalogue, ovh_batches
from ..world.messages import outgoing_id
from ..world.parts import STOP_CLAUSE, measure

router = APIRouter()


class Estimate(Body):
    """A message to be measured."""

    message: str
    noStopClause: bool
    senderType: Literal["alpha", "numeric", "shortcode", "virtual"]


@router.post("/sms/estimate")
def estimate(given: Estimate) -> dict[str, Any]:
    """Measure a message as it stands; columns of a mail merge are not known here."""
    clause = STOP_CLAUSE if given.senderType == "alpha" and not given.noStopClause else ""
    size = measure(given.message + clause)
    return {
        "characters": size.length,
        "charactersClass": "unicode" if size.unicode else "7bits",
        "maxCharactersPerPart": size.per_part,
        "parts": size.parts,
    }


@router.get("/sms/ptts")
def ptts(ptt: int) -> dict[str, str]:
    return catalogue.ptt_details(ptt)


@router.get("/sms/rates/destinations")
def destinations(country: str, billingCountry: str | None = None) -> dict[str, Any]:
    return catalogue.destination(country, billingCountry)


@router.get("/sms/rates/packs")
def packs(box: Box, country: str, billingCountry: str | None = None) -> list[dict[str, Any]]:
    return catalogue.packs(country, billingCountry, percent=box.features["discount_percent"])


@router.get("/sms/{serviceName}/blacklists")
def blacklists(box: Box, serviceName: str, batchID: UUID | None = None, smsOutgoingID: int | None = None) -> list[str]:
    found = blacklist.entries(box, serviceName)
    if batchID is not None:
        found = [row for row in found if ovh_batches.of_message(box, row["message"]) == str(batchID)]
    if smsOutgoingID is not None:
        found = [row for row in found if row["message"] and outgoing_id(row["message"]) == smsOutgoingID]
    return [row["number"] for row in found]


@router.get("/sms/{serviceName}/blacklists/{number}")
def entry(box: Box, serviceName: str, number: str) -> dict[str, Any]:
    found = blacklist.entries(box, serviceName, number=number)
    if not found:
        raise missing(f"The number {number}")
    message = found[0]["message"]
    return {
        "batchID": ovh_batches.of_message(box, message),
        "dateCreation": iso(found[0]["since"]),
        "number": number,
        "smsOutgoingID": None if message is None else outgoing_id(message),
    }


@router.delete("/sms/{serviceName}/blacklists/{number}")
def delete(box: Box, serviceName: str, number: str) -> None:
    if not blacklist.entries(box, serviceName, number=number):
        raise missing(f"The number {number}")
    blacklist.forgive(box, serviceName, number)
