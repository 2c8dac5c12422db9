"""docs/recipes.md and its pages show the files of include/recipes, each whole."""

from __future__ import annotations

import re

from support.pages import DOCS, ROOT, marked, text

FILES = {each.stem: each for each in (ROOT / "include" / "recipes").glob("*.py")}


def page_of(name: str) -> str:
    return f"recipe-{name.replace('_', '-')}.md"


def test_each_of_the_guides_eight_recipes_has_a_page_with_its_whole_file() -> None:
    assert len(FILES) == 8
    assert {each.name for each in DOCS.glob("recipe-*.md")} == set(map(page_of, FILES))
    for name, file in FILES.items():
        assert marked(page_of(name), "recipe") == [file.read_text(encoding="utf-8")], name
        assert f"cp include/recipes/{name}.py dags/" in text(page_of(name))


def test_the_index_names_every_recipe_with_its_dags() -> None:
    index = text("recipes.md")
    for name, file in FILES.items():
        dags = re.findall(r"^def (recipe_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert dags
        assert f"]({page_of(name)}) | {', '.join(f'`{dag}`' for dag in dags)} |" in index
