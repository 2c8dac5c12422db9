"""Numbers as the cell of a sheet shows them, by its number format, in a French Excel.

Groups of thousands are separated by a plain blank: a message in the GSM alphabet holds no other. Where a format
cannot be followed, the text holds U+FFFD, so that its row is rejected.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache

from ovh_sms.contacts.read import date_formats

#: Codes that stand for what the system shows.
_SYSTEM = {"[$-f800]": "dddd d mmmm yyyy", "[$-f400]": "hh:mm:ss"}
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<blank>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|Standard)|(?P<exponent>[Ee][+-])|(?P<half>AM/PM|A/P)"
    r"|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+(?:[.,]0+)?)|(?P<other>.)",
    re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9.]+)")
_COMPARE = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
#: Decimals behind a comma, as a program writes them that does not know how a file spells formats.
_FRENCH_CODE = re.compile(r"([#0](?:\\?[ \u00a0\u202f]|\"[ \u00a0\u202f]\")##0),(0+)(?![0#,.?])")
_FRENCH_DATE = re.compile(r"^j{1,4}([^a-z]+)m{1,4}([^a-z]+)a{2,4}", re.IGNORECASE)
#: Digits of a floating point number that mean something, and characters of a number without a format.
_DIGITS, _WIDTH = 15, 11
#: Digits of the largest floating point number, with decimals.
_ANY_LENGTH = Context(prec=400)
_UNREADABLE, TOO_NARROW = "\ufffd", "###"

Token = tuple[str, str]


@lru_cache(1024)
def cell_format(code: str, epoch_1904: bool = False) -> CellFormat:
    """Return the format of a code; each is read once."""
    return CellFormat(code, epoch_1904=epoch_1904)


def general(value: float) -> str:
    """Write a number as a cell without a format shows it, with a point; whole numbers are never rounded.

    :returns: at most 11 characters where it has decimals: 3.3 for 3.3000000000000003, and 0.333333333.
    """
    if value.is_integer():
        return str(int(value))
    number = exact(value)
    if number == number.to_integral_value():
        return str(int(number))
    whole = len(str(int(abs(number))))
    rounded = _rounded(number, max(_WIDTH - 1 - whole, 0)).normalize()
    return format(rounded or number, "f")


def exact(value: float) -> Decimal:
    """Return a floating point number without the noise behind its fifteenth digit."""
    if isinstance(value, float) and value.is_integer():
        return Decimal(int(value))
    return Decimal(format(value, f".{_DIGITS}g"))


class CellFormat:
    """A number format with its sections."""

    def __init__(self, code: str, *, epoch_1904: bool = False) -> None:
        code = next((shown for mark, shown in _SYSTEM.items() if code.lower().startswith(mark)), code)
        code = _FRENCH_DATE.sub(lambda found: re.sub("[jJ]", "d", re.sub("[aA]", "y", found[0])), code)
        code = _FRENCH_CODE.sub(r"\1.\2", code)
        sections = [_Section(each, epoch_1904) for each in _sections(code)]
        self._words = next((each for each in sections[3:] or sections if each.has_text), None)
        self._numbers = sections[:3]
        if self._words in self._numbers and len(sections) > 1:
            self._numbers.remove(self._words)
        self._hides_words = len(sections) > 3 and self._words is None
        self._conditions = any(each.condition for each in self._numbers)
        #: Whether it shows a day.
        self.has_day = any(kind == "date" and text[0] in "dy" for each in self._numbers for kind, text in each.tokens)
        self.is_time = any(each.is_date for each in self._numbers)
        #: Whether it changes no value.
        self.plain = not self._hides_words and all(
            [token for token, _ in each.tokens] in (["general"], ["text"], []) for each in sections
        ) and len(sections) == 1  # fmt: skip

    def words(self, text: str) -> str:
        """Write the text of a cell."""
        if self._words is None:
            return "" if self._hides_words else text
        return self._words.around(text).strip()

    def number(self, value: float) -> str:
        """Write a number as the cell shows it."""
        section = self._section(value)
        if section is None:
            return "" if not self._conditions else TOO_NARROW
        unsigned = not self._conditions and len(self._numbers) > 1 and section is self._numbers[1]
        return section.number(abs(value) if unsigned else value).strip()

    def _section(self, value: float) -> _Section | None:
        if self._conditions:
            fits = (each for each in self._numbers if each.condition is None or each.condition(value))
            return next(fits, None)
        if not self._numbers:
            return None
        if value < 0 and len(self._numbers) > 1:
            return self._numbers[1]
        return self._numbers[2 if value == 0 and len(self._numbers) > 2 else 0]


class _Section:
    """One section of a format."""

    def __init__(self, code: str, epoch_1904: bool) -> None:
        self.condition: Callable[[float], bool] | None = None
        self.tokens: list[Token] = []
        self._epoch_1904 = epoch_1904
        self._language = date_formats.FRENCH
        for found in _TOKEN.finditer(code):
            kind, text = str(found.lastgroup), str(found[str(found.lastgroup)])
            if kind == "bracket":
                self._bracket(text)
            elif kind in ("quoted", "escaped"):
                self.tokens.append(("literal", text))
            elif kind == "blank" or (kind == "fill" and text == " "):
                self.tokens.append(("literal", " "))
            elif kind == "other":
                kinds = {"@": "text", "%": "percent", "/": "slash", ".": "point", ",": "comma"}
                self.tokens.append(("digit" if text in "0#?" else kinds.get(text, "literal"), text))
            elif kind != "fill":
                self.tokens.append((kind, text.lower() if kind == "date" else text))
        kinds_found = {kind for kind, _ in self.tokens}
        self.has_text = "text" in kinds_found
        self.is_date = bool(kinds_found & {"date", "half", "elapsed"})

    def around(self, text: str) -> str:
        """Write a text, or a number's general form, with the literals around it."""
        return "".join(
            text if kind in ("text", "general") else each if kind in ("literal", "slash", "point", "comma") else ""
            for kind, each in self.tokens
        )

    def number(self, value: float) -> str:
        kinds = {kind for kind, _ in self.tokens}
        if self.is_date:
            shown = date_formats.moment(value, self.tokens, language=self._language, epoch_1904=self._epoch_1904)
            return TOO_NARROW if shown is None else shown
        if kinds & {"general", "text"}:
            return self.around(general(value))
        if "exponent" in kinds:
            return self._scientific(value)
        if "slash" in kinds and "digit" in kinds:
            return self._fraction(value)
        return self._decimal(value)

    def _bracket(self, text: str) -> None:
        if found := _CONDITION.fullmatch(text):
            compare, limit = _COMPARE[found[1]], float(found[2])
            self.condition = lambda value: bool(compare(value, limit))
        elif text.startswith("$"):
            currency, _, code = text[1:].partition("-")
            self._language = date_formats.language(code) if code else self._language
            if currency:
                self.tokens.append(("literal", currency))
        elif text and set(text.lower()) in ({"h"}, {"m"}, {"s"}):
            self.tokens.append(("elapsed", text.lower()))

    def _decimal(self, value: float) -> str:
        tokens = list(self.tokens)
        digits = [at for at, (kind, _) in enumerate(tokens) if kind == "digit"]
        number = exact(value) * 100 ** sum(kind == "percent" for kind, _ in tokens)
        if not digits:
            shown = self.around("") + "%" * any(kind == "percent" for kind, _ in tokens)
            return f"-{shown}" if number < 0 and shown else shown
        point = next((at for at, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
        whole, decimals = [at for at in digits if at < point], [at for at in digits if at > point]
        last = whole[-1] if whole else point
        commas = [at for at, (kind, _) in enumerate(tokens) if kind == "comma"]
        number /= Decimal(1000) ** (
            _commas_behind(tokens, last) + (_commas_behind(tokens, digits[-1]) if decimals else 0)
        )
        rounded = _rounded(abs(number), len(decimals))
        before, _, behind = format(rounded, "f").partition(".")
        grouped = bool(whole) and any(whole[0] < at < last for at in commas)
        digits_shown = _placed(before if before != "0" else "", [tokens[at][1] for at in whole], grouped=grouped)
        texts = dict(zip(whole, digits_shown, strict=True)) | dict(zip(decimals, behind, strict=True))
        for at in reversed(decimals):
            if tokens[at][1] == "0" or texts[at] != "0":
                break
            texts[at] = "" if tokens[at][1] == "#" else " "
        shown = "".join(_shown(kind, text, texts.get(at, "")) for at, (kind, text) in enumerate(tokens))
        if not whole and before != "0":
            shown = before + shown
        return f"-{shown}" if number < 0 else shown

    def _scientific(self, value: float) -> str:
        code = "".join(text for kind, text in self.tokens if kind in ("digit", "point", "exponent"))
        mantissa, _, power = re.split("([Ee][+-])", code)[:3]
        decimals = len(mantissa.partition(".")[2])
        base, exponent = format(exact(value), f".{decimals}E").split("E")
        sign = "-" if int(exponent) < 0 else "+" if "+" in code else ""
        return f"{base.replace('.', ',')}E{sign}{abs(int(exponent)):0{len(power)}d}"

    def _fraction(self, value: float) -> str:
        code = "".join(text for kind, text in self.tokens if kind in ("digit", "slash", "literal"))
        found = re.fullmatch(r"\s*(?:([#0?]+)\s+)?[#0?]+\s*/\s*([#?0-9]+)\s*", code)
        if found is None:
            return _UNREADABLE
        number = exact(value)
        whole = int(abs(number)) if found[1] else 0
        rest = Fraction(abs(number)) - whole
        if found[2].isdigit() and found[2].strip("0"):
            rest = Fraction(round(rest * int(found[2])), int(found[2]))
        else:
            rest = rest.limit_denominator(10 ** len(found[2]) - 1)
        if found[1] and rest == 1:
            whole, rest = whole + 1, Fraction(0)
        shown = [str(whole)] if whole or not rest else []
        shown += [f"{rest.numerator}/{rest.denominator}"] if rest else []
        return ("-" if number < 0 else "") + " ".join(shown)


def _commas_behind(tokens: list[Token], at: int) -> int:
    """Commas right behind a digit divide by a thousand each."""
    return next((more for more, (kind, _) in enumerate(tokens[at + 1 :]) if kind != "comma"), len(tokens) - at - 1)


def _shown(kind: str, text: str, digit: str) -> str:
    return {"digit": digit, "point": ",", "comma": "", "general": ""}.get(kind, text)


def _placed(digits: str, slots: list[str], *, grouped: bool) -> list[str]:
    """Put the digits of a whole number in their places; those that are too many go to the first."""
    missing = max(len(slots) - len(digits), 0)
    shown = [{"0": "0", "?": " "}.get(slot, "") for slot in slots[:missing]]
    more = max(len(digits) - len(slots), 0)
    rest = digits[more:]
    shown += ([digits[: more + 1], *rest[1:]] if more else list(rest)) if slots else []
    if not grouped:
        return shown
    seen, result = 0, []
    for each in reversed(shown):
        text = ""
        for digit in reversed(each):
            text = digit + (" " if seen and seen % 3 == 0 and digit.isdigit() else "") + text
            seen += digit.isdigit()
        result.append(text)
    return result[::-1]


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _ANY_LENGTH)


def _sections(code: str) -> list[str]:
    """Split a format at the semicolons outside of quotes and brackets."""
    found = [""]
    for token in _TOKEN.finditer(code):
        if token["other"] == ";":
            found.append("")
        else:
            found[-1] += token[0]
    return found
