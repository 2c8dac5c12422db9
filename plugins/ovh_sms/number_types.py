"""Types of phone numbers that a campaign may accept beside mobile ones."""

from __future__ import annotations

from typing import Literal, get_args

#: As phonenumbers calls them. A premium rate or voicemail number is nobody's own: an SMS to it is a mistake.
NumberType = Literal["fixed_line", "voip", "personal_number", "pager", "uan", "shared_cost", "toll_free"]
NUMBER_TYPES: tuple[str, ...] = get_args(NumberType)
