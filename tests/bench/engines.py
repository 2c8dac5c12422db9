"""One preparation of one list, in a process of its own so that its peak memory is its own.

Prints JSON: seconds, peak memory, accepted rows, parts, and a digest of the accepted numbers.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MESSAGE = "Bonjour #prenom#, vos #points# points vous attendent chez MYSHOP #ville# jusqu'à samedi soir."
ONE_PART = 160


#: What to compare once the clock has stopped: accepted rows, parts, and the numbers in order.
Outcome = Callable[[], tuple[int, int, Iterable[str]]]


def ours(path: Path, suppressed: Path, out: Path) -> Outcome:
    """Prepare the list with this package."""
    from ovh_sms.contacts.prepare import prepare

    stop = set(suppressed.read_text().split())
    made = prepare(path, out=out, message=MESSAGE, stop_clause=True, suppressed=stop)

    def outcome() -> tuple[int, int, Iterable[str]]:
        with Path(made.list_path).open(encoding="utf-8") as lines:
            next(lines)
            numbers = [line.split(";", 1)[0] for line in lines]
        return made.accepted, int(made.credits), numbers

    return outcome


def baseline(path: Path, suppressed: Path, out: Path) -> Outcome:
    """Prepare the list in the obvious way: pandas, phonenumbers row by row, str.replace."""
    import pandas as pd
    import phonenumbers
    from phonenumbers import PhoneNumberType

    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)

    def normalise(text: str) -> str | None:
        try:
            number = phonenumbers.parse(text, "FR")
        except phonenumbers.NumberParseException:
            return None
        if phonenumbers.number_type(number) not in kinds:
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    frame = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False)
    frame["number"] = frame["numero"].map(normalise)
    frame = frame[frame["number"].notna()]
    stop = set(suppressed.read_text().split())
    frame = frame[~frame["number"].isin(stop)].drop_duplicates("number")

    def merge(row: object) -> str:
        text = MESSAGE
        for column in ("prenom", "ville", "points"):
            text = text.replace(f"#{column}#", getattr(row, column))
        return text

    frame["message"] = [merge(row) for row in frame.itertuples()]
    clause = frame["number"].str.startswith("+33") * 11
    characters = frame["message"].str.len() + clause
    parts = characters.map(lambda n: 1 if n <= ONE_PART else -(-n // 153))
    frame[["number", "prenom", "points", "ville"]].to_csv(out / "prepared.csv", sep=";", index=False)
    return lambda: (len(frame), int(parts.sum()), frame["number"])


def main() -> None:
    """Run one engine on one list."""
    engine, path, suppressed = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        outcome = {"ours": ours, "baseline": baseline}[engine](path, suppressed, Path(folder))
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        accepted, parts, numbers = outcome()
    digest = hashlib.sha256("\n".join(numbers).encode()).hexdigest()
    shown = {"seconds": seconds, "peak_rss_mb": peak, "accepted": accepted, "parts": parts, "digest": digest}
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
