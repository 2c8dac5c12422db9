"""How long a campaign's run waits for credits, as the campaign file has it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ovh_sms.campaign.alternatives import CHOSEN, OTHER, chosen_for

#: Hours; or ``true`` for as long as the run is not too late, ``false`` for not at all.
WaitForCredits = Annotated[Annotated[float, Field(gt=0, le=8_760), OTHER] | Annotated[bool, CHOSEN], chosen_for(bool)]
