from __future__ import annotations

from ovh_sms.columns import converted


def test_each_different_value_of_a_column_is_converted_once() -> None:
    asked: list[str | None] = []

    def convert(value: str | None) -> str:
        asked.append(value)
        return f"<{value}>"

    assert converted(["a", None, "a", "b", None], convert) == ("<a>", "<None>", "<a>", "<b>", "<None>")
    assert sorted(map(str, asked)) == ["None", "a", "b"]
    assert converted([], convert) == ()
