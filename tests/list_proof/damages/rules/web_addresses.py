"""Values that a message puts into a web address."""

from __future__ import annotations

from list_proof.damages.registry import rule
from list_proof.damages.rules.tables import in_unicode, reject, set_value, use
from list_proof.drafts import Draft

ADDRESSES = "web addresses"
QUERIES = ("https://ex.fr/?n=", "ex.fr/?n=", "www.ex.fr/a/b?n=", "http://ex.fr:8080/?n=", "(https://ex.fr/a?n=")
PATHS = ("https://ex.fr/", "ex.fr/", "www.ex.fr/a/", "https://ex.fr/a-b/")
FIT = ("Roy", "A12", "a_b", "x-1", "2026", "a.b1", "~ana")
FIT_QUERY = (*FIT, "ana@ex.fr", "10:30", "1,5")
FIT_PATH = (*FIT, "a/b", "promo/ete")
UNFIT = (
    "Le Goff",
    "a&b",
    "Hélène",
    "a=b&c",
    "a+b",
    "1?2",
    "Zoé/Bob",
    "100%",
    "c#1",
    "Müller",
    "a;b",
    "l'ami",
    "😀",
    "a\\b",
    '"a"',
)


def _address(draft: Draft, before: tuple[str, ...], fit: tuple[str, ...]) -> str:
    """Put a column into an address; returns its name."""
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, "code_client")
    address = draft.rng.choice(before)
    draft.table.pattern = ["Votre espace : ", name, draft.rng.choice(("", " a bientot", "\nMerci"))]
    draft.table.pattern[0] += address
    draft.addresses[name] = address.lstrip("(") if "://" in address else f"https://{address}"
    for line in draft.lines:
        set_value(draft, line, name, draft.rng.choice(fit))
    return name


def _kind(draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return draft.rng.choice(((QUERIES, FIT_QUERY), (PATHS, FIT_PATH)))


@rule(ADDRESSES)
def values_that_fit_into_an_address(draft: Draft) -> None:
    _address(draft, *_kind(draft))
    draft.options["encode_addresses"] = draft.rng.random() < 0.5


@rule(ADDRESSES)
def values_encoded_for_an_address(draft: Draft) -> None:
    name = _address(draft, *_kind(draft))
    draft.options["encode_addresses"] = True
    for line in draft.some(100, touched=False):
        set_value(draft, line, name, draft.rng.choice(UNFIT))


@rule(ADDRESSES)
def values_that_do_not_fit_into_an_address(draft: Draft) -> None:
    name = _address(draft, *_kind(draft))
    for line in draft.some(100):
        set_value(draft, line, name, draft.rng.choice(UNFIT))
        reject(line, "address_value")


@rule(ADDRESSES)
def values_encoded_before(draft: Draft) -> None:
    """The list's author has encoded the values: they stay as they are."""
    name = _address(draft, QUERIES, FIT_QUERY)
    del draft.addresses[name]
    draft.options["encode_addresses"] = draft.rng.random() < 0.5
    for line in draft.some(100, touched=False):
        set_value(draft, line, name, draft.rng.choice(("Le%20Goff", "H%C3%A9l%C3%A8ne", "a%26b", "100%25")))


@rule(ADDRESSES, refused=True)
def value_in_an_address_and_as_text(draft: Draft) -> None:
    """OVH merges one value for both: either the text or the address would be wrong."""
    name = _address(draft, QUERIES, UNFIT)
    draft.must_be_read, draft.refusal = False, "in a web address and as text, too"
    draft.options["encode_addresses"] = True
    draft.table.pattern = ["Bonjour ", name, f", voyez {draft.addresses[name]}", name, ""]
    for line in draft.lines:
        reject(line)
