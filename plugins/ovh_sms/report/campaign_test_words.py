"""The words of a page for test messages of a campaign."""

from __future__ import annotations

from ovh_sms.report.language import translatable

#: What a text stands for.
TEXT_KINDS = {
    "first": translatable("the first text"),
    "shortest": translatable("the shortest text"),
    "longest": translatable("the longest text"),
}
#: What became of a test message; none while it is under way, or its outcome is unknown.
TEST_STATES = {
    None: translatable("under way, or its outcome is unknown"),
    "sent": translatable("accepted by OVH"),
    "refused": translatable("refused by OVH"),
    "opted_out": translatable("not sent: the person has opted out"),
    "before_restore": translatable("not sent: it may have left before the results were restored"),
}
