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
from pathlib import Path

MESSAGE = "Bonjour #prenom#, vos #points# points vous attendent chez MYSHOP #ville# jusqu'à samedi soir."
FRANCE = 160


def ours(path: Path, suppressed: Path) -> tuple[int, int, str]:
    """Prepare the list with this package."""
    from ovh_sms.contacts.prepare import prepare

    with tempfile.TemporaryDirectory() as folder:
        stop = set(suppressed.read_text().split())
        made = prepare(path, out=Path(folder), message=MESSAGE, stop_clause=True, suppressed=stop)
        digest = hashlib.sha256()
        with Path(made.list_path).open(encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                digest.update(line.split(";", 1)[0].encode() + b"\n")
        return made.accepted, int(made.credits), digest.hexdigest()


def baseline(path: Path, suppressed: Path) -> tuple[int, int, str]:
    """Prepare the list in the obvious way: pandas, phonenumbers row by row, str.replace."""
    import pandas as pd
    import phonenumbers

    def normalise(text: str) -> str | None:
        try:
            number = phonenumbers.parse(text, "FR")
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(number):
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
    characters = frame["message"].str.len() + 11
    parts = characters.map(lambda n: 1 if n <= FRANCE else -(-n // 153))
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "prepared.csv"
        frame[["number", "prenom", "points", "ville"]].to_csv(out, sep=";", index=False)
    for number in frame["number"]:
        digest.update(str(number).encode() + b"\n")
    return len(frame), int(parts.sum()), digest.hexdigest()


def main() -> None:
    """Run one engine on one list."""
    engine, path, suppressed = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    started = time.perf_counter()
    accepted, parts, digest = {"ours": ours, "baseline": baseline}[engine](path, suppressed)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shown = {"seconds": seconds, "peak_rss_mb": peak, "accepted": accepted, "parts": parts, "digest": digest}
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
