"""What the documentation shows is what the code reads, and what it cites exists."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from sim.docket import draw
from sim.durations import MISSING
from sim.engine import simulate
from sim.network import build
from sim.scenario.files import insert_files
from sim.scenario.load import load, load_text
from sim.scenario.policies import apply
from sim.scenario.policies.levers import Levers
from sim.scenario.references import BASE
from sim.scenario.routes import expand_routes
from sim.scenario.schema import Policy, Scenario
from sim.scenario.text import read_document

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]
COMPLETE = "# a complete scenario"
FENCED_YAML = re.compile(r"^```ya?ml[^\n]*\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
FENCED_CSV = re.compile(r"^```csv (\S+)\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"\]\((?P<page>[\w./-]+\.md)?(?:#(?P<anchor>[^)\s]+))?\)")
CITED_RULES = re.compile(r"\b[Rr]ules? (\d+)(?:(?:, | and | to |/)(\d+))*")


def yaml_blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Give each fenced YAML block of a page, with its file and line."""
    text = page.read_text(encoding="utf-8")
    for match in FENCED_YAML.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield f"{page.name}:{line}", match[1]


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as sites that show Markdown make them."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}


SCENARIOS = [
    block for page in PAGES for block in yaml_blocks(page) if block[1].startswith(COMPLETE)
]
FRAGMENTS = [
    block for block in yaml_blocks(DOCS / "language.md") if not block[1].startswith(COMPLETE)
]
LAID_OVER = [block for block in FRAGMENTS if block[1].startswith("extends:")]
BY_THEMSELVES = [block for block in FRAGMENTS if block not in LAID_OVER]
SOURCES = [path for folder in ("sim", "tests", "docs") for path in (ROOT / folder).rglob("*.*")]


def test_the_language_reference_has_a_complete_scenario_with_policies() -> None:
    scenarios = [load_text(text) for where, text in SCENARIOS if where.startswith("language.md")]
    assert any(scenario.policies for scenario in scenarios)


@pytest.mark.parametrize(("where", "text"), SCENARIOS, ids=[where for where, _ in SCENARIOS])
def test_a_complete_scenario_runs_under_every_policy(where: str, text: str) -> None:
    scenario = load_text(text, where)
    for policy in (BASE, *scenario.policies):
        network = build(apply(scenario, policy))
        trace = simulate(network, draw(network, scenario.seed, 0))
        # every step that an example shows is begun by somebody, and every procedure is resolved
        begun = set(trace.docket.step[trace.started != MISSING].tolist()) - {-1}
        resolved = set(trace.docket.procedure[trace.resolved != MISSING].tolist())
        assert begun == set(range(len(trace.docket.procedure_steps))), policy
        assert resolved == set(range(len(scenario.procedures))), policy


def folder_with_tables(folder: Path) -> Path:
    """Write the tables that the language reference shows into a folder."""
    for name, table in FENCED_CSV.findall((DOCS / "language.md").read_text(encoding="utf-8")):
        (folder / name).write_text(table, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("where", "text"), BY_THEMSELVES, ids=[where for where, _ in BY_THEMSELVES]
)
def test_a_fragment_has_only_keys_and_values_of_the_language(
    where: str, text: str, tmp_path: Path
) -> None:
    file = folder_with_tables(tmp_path) / "fragment.yaml"
    file.write_text(text, encoding="utf-8")
    document = insert_files(read_document(file))
    assert document.problems == ()
    for key, value in expand_routes(document).data.items():
        annotation = Scenario.model_fields[key].annotation
        assert annotation is not None
        read = TypeAdapter(annotation).validate_python(value)
        for policy in read.values() if key == "policies" else ():
            assert isinstance(policy, Policy)
            for change in policy.changes:
                Levers.model_validate(change)


@pytest.mark.parametrize(("where", "text"), LAID_OVER, ids=[where for where, _ in LAID_OVER])
def test_a_scenario_can_be_laid_over_the_complete_one(
    where: str, text: str, tmp_path: Path
) -> None:
    (city,) = [other for _, other in SCENARIOS if "name: A small city" in other]
    (tmp_path / "small-city.yaml").write_text(city, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "other.yaml") != load(tmp_path / "small-city.yaml")


def test_what_follows_from_the_code_is_current() -> None:
    """`python docs/generate.py` writes it."""
    for path, text in runpy.run_path(str(DOCS / "generate.py"))["generated"]().items():
        assert path.read_text(encoding="utf-8") == text, path


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_between_pages_lead_to_a_heading(page: Path) -> None:
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target = page.parent / (link["page"] or page.name)
        assert target.exists(), link[0]
        if link["anchor"]:
            assert link["anchor"] in anchors(target), link[0]


def test_rules_are_numbered_without_gaps_and_each_cited_rule_exists() -> None:
    headings = HEADING.findall((DOCS / "rules.md").read_text(encoding="utf-8"))
    numbers = [int(text.removeprefix("Rule ")) for text in headings if text.startswith("Rule ")]
    assert numbers == list(range(1, len(numbers) + 1))
    for path in SOURCES:
        if path.suffix in {".py", ".md"}:
            for cited in CITED_RULES.finditer(path.read_text(encoding="utf-8")):
                assert all(int(n) in numbers for n in cited.groups() if n), f"{path}: {cited[0]}"
