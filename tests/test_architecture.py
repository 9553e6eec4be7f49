"""The floors of the package, what each may import, and who may speak."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sim"
MODULES = sorted(PACKAGE.rglob("*.py"))
BELOW_CLI = [
    path for path in MODULES if path.relative_to(PACKAGE).parts[0] not in {"cli", "__main__.py"}
]
HEAVY = {"matplotlib", "numpy", "pandas", "pyarrow", "rich", "scipy", "simpy"}

HELP_OF_EVERYTHING = """
import contextlib, io, sys
import sim, sim.cli
with contextlib.redirect_stdout(io.StringIO()) as shown:
    sim.cli.onestop.main(["--help"], standalone_mode=False)
    for name in sim.cli.onestop.list_commands(None):
        sim.cli.onestop.main([name, "--help"], standalone_mode=False)
assert "Usage" in shown.getvalue()
print(*sorted({module.partition(".")[0] for module in sys.modules}))
"""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """Give the names of the modules that a file imports, wherever in the file."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module


def importers(package: str) -> set[str]:
    """Give the files of the package that import another package, relative to `sim`."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(name == package or name.startswith(f"{package}.") for name in imported(path))
    }


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run(
        [program, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_help_imports_nothing_heavy() -> None:
    found = subprocess.run(
        [sys.executable, "-c", HELP_OF_EVERYTHING],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(found.stdout.split())
    assert "click" in loaded
    assert not loaded & HEAVY


def test_only_plots_imports_matplotlib() -> None:
    found = importers("matplotlib")
    assert found
    assert all(name == "plots.py" or name.startswith("plots/") for name in found), found


def test_only_the_reference_engine_imports_simpy() -> None:
    assert importers("simpy") == {"engine/reference.py"}


def test_only_the_docket_and_the_bootstrap_have_random_generators() -> None:
    """Everything random is drawn before an engine runs; resamples are the same always."""
    for path in MODULES:
        place = path.relative_to(PACKAGE)
        in_docket = place.parts[0] == "docket" or place.as_posix() == "statistics/bootstrap.py"
        assert not {"random", "secrets"} & set(imported(path)), path
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and node.attr == "random":
                assert in_docket, f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", BELOW_CLI, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_below_the_command_line_speaks(path: Path) -> None:
    assert not {"click", "rich", "logging"} & {name.partition(".")[0] for name in imported(path)}
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Call(func=ast.Name(id="print" | "input" as name)):
                pytest.fail(f"{path}:{node.lineno} calls {name}")
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" as name):
                pytest.fail(f"{path}:{node.lineno} uses sys.{name}")


@pytest.mark.parametrize("name", sim.__all__)
def test_every_public_name_can_be_had_from_sim(name: str) -> None:
    assert getattr(sim, name).__module__.startswith("sim.")


def test_the_pipeline_is_public() -> None:
    assert {"load", "build", "draw", "simulate", "measure", "run", "compare"} <= set(sim.__all__)


def test_an_unknown_name_of_sim_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'frobnicate'"):
        _ = sim.frobnicate
