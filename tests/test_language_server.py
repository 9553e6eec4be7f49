"""What an editor shows: the language server for YAML, given the schema, over its protocol.

Skipped where the server is not installed: `npm install yaml-language-server`, and put it on
the path or name it by ONESTOP_YAML_LANGUAGE_SERVER.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.keys import forms
from sim.scenario.policies.levers import Levers

ROOT = Path(__file__).parents[1]
SERVER = os.environ.get("ONESTOP_YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server")
SECONDS = 60
"""How long to wait for an answer before the server counts as broken."""
SETTINGS = {
    "yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}},
    "http": {},
}
FILES = sorted((ROOT / "scenarios").glob("*.yaml"))
WARD = """\
# yaml-language-server: $schema=../docs/scenario.schema.json
seed: 1
period: {from: 2021-03-01, to: 2021-03-31}
levels:
  ward:
    stations:
      clerk:
        staff: 2
        kind: desk
procedures:
  birth:
    received_at: ward
    volume: {per_year: 3}
    time_limit: 1 working day
    route:
      - {at: ward.clerk, work: 5 min}
policies:
  more:
    - staff: {ward.clerk: {add: 1}}
"""

pytestmark = pytest.mark.skipif(SERVER is None, reason="no yaml-language-server is installed")


class Client:
    """An editor, as far as these tests need one."""

    def __init__(self, program: str) -> None:
        self.server = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.received: queue.Queue[dict[str, Any]] = queue.Queue()
        self.last = self.opened = 0
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}},
        }
        self.ask("initialize", processId=None, rootUri=None, capabilities=capabilities)
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings=SETTINGS)

    def _listen(self) -> None:
        assert self.server.stdout is not None
        while header := self.server.stdout.readline():
            name, _, value = header.decode().partition(":")
            if name.lower() == "content-length":
                while self.server.stdout.readline().strip():
                    pass
                self.received.put(json.loads(self.server.stdout.read(int(value))))

    def _send(self, message: dict[str, Any]) -> None:
        assert self.server.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.server.stdin.flush()

    def _next(self) -> dict[str, Any]:
        """Give the next message, and answer what the server asks on the way."""
        message = self.received.get(timeout=SECONDS)
        if "method" in message and "id" in message:
            asked = message.get("params", {}).get("items", [])
            answer = [SETTINGS.get(item.get("section")) for item in asked]
            self._send({"id": message["id"], "result": answer or None})
        return message

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        self.last += 1
        self._send({"id": self.last, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self.last and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def open(self, text: str, folder: Path) -> tuple[str, list[str]]:
        """Open a document of a folder; give its address and the messages of its diagnostics."""
        self.opened += 1
        uri = (folder / f"{self.opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                if params["uri"] == uri:
                    return uri, [found["message"] for found in params["diagnostics"]]

    def marks(self, text: str, folder: Path = ROOT / "scenarios") -> list[str]:
        """Give the messages of the diagnostics of a document."""
        return self.open(text, folder)[1]

    def ask_at_the_bar(self, method: str, text: str) -> Any:
        """Ask about the place of the bar in a text."""
        before = text[: text.index("|")]
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        uri, _ = self.open(text.replace("|", "", 1), ROOT / "scenarios")
        return self.ask(method, textDocument={"uri": uri}, position=position)

    def offers(self, text: str) -> set[str]:
        """Complete at the bar, and give the labels."""
        found = self.ask_at_the_bar("textDocument/completion", text)
        return {item["label"] for item in found["items"]}

    def shows(self, text: str) -> str:
        """Hover over the bar, and give what is shown, without the signs of Markdown."""
        found = self.ask_at_the_bar("textDocument/hover", text)
        return str(found["contents"]["value"]).replace("\\", "")

    def close(self) -> None:
        self.ask("shutdown")
        self.tell("exit")
        self.server.wait(timeout=SECONDS)
        self.listener.join(timeout=SECONDS)
        for pipe in (self.server.stdin, self.server.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="module")
def editor() -> Iterator[Client]:
    client = Client(str(SERVER))
    yield client
    client.close()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_scenario_of_the_project_has_no_diagnostics(editor: Client, path: Path) -> None:
    assert editor.marks(path.read_text("utf-8")) == []


def test_the_template_finds_the_schema_that_the_command_prints(
    editor: Client, tmp_path: Path
) -> None:
    text = (ROOT / "sim" / "cli" / "template.yaml").read_text("utf-8")
    printed = (ROOT / "docs" / "scenario.schema.json").read_text("utf-8")
    (tmp_path / "scenario.schema.json").write_text(printed, "utf-8")
    assert editor.marks(text, tmp_path) == []
    (mistake,) = editor.marks(text.replace("discipline:", "disciplin:"), tmp_path)
    assert "disciplin" in mistake


@pytest.mark.parametrize(
    ("right", "mistake", "told"),
    [
        ("staff: 2", "stff: 2", "Property stff is not allowed."),
        ("work: 5 min", "wrok: 5 min", "Property wrok is not allowed."),
        ("work: 5 min", "work: {triangel: 5 min}", "Property triangel is not allowed."),
        ("work: 5 min", "work: 5 mins", "15 min"),
        ("work: 5 min", "work: 5", "15 min"),
        ("kind: desk", "kind: dsk", '"desk"'),
        ("per_year: 3", "per_year: 3, per_day: 1", "A volume is one of"),
        ("- staff:", "- stuff:", "Property stuff is not allowed."),
        ("seed: 1", "seeds: 1", "Property seeds is not allowed."),
    ],
)
def test_a_mistake_is_marked(editor: Client, right: str, mistake: str, told: str) -> None:
    assert WARD.count(right) == 1
    assert told in " ".join(editor.marks(WARD.replace(right, mistake)))


def test_what_is_right_is_not_marked(editor: Client) -> None:
    assert editor.marks(WARD) == []


def test_a_fragment_is_not_marked_for_what_it_lacks_or_takes_away(editor: Client) -> None:
    head = WARD.splitlines()[0] + "\n"
    taken_away = "seed: null\nlevels: {ward: {stations: {clerk: null}}}\n"
    assert editor.marks(f"{head}extends: base.yaml\n{taken_away}") == []
    assert editor.marks(f"{head}name: base\n{taken_away}") != []


@pytest.mark.parametrize(
    ("right", "typed", "labels"),
    [
        ("seed: 1", "|", {"seed", "warm_up", "calendars", "routes"}),
        ("kind: desk", "|", {"kind", "absence", "discipline", "at_close", "patience"}),
        ("kind: desk", "discipline: |", {"fcfs", "edd", "spt"}),
        ("kind: desk", "at_close: |", {"suspend", "finish", "clear"}),
        ("- {at: ward.clerk, work: 5 min}", "- |", {"at", "work", "wait", "choose", "together"}),
        ("- {at: ward.clerk, work: 5 min}", "- {at: ward.clerk, work: |}", {"15 min"}),
        ("- staff: {ward.clerk: {add: 1}}", "- |", set(Levers.model_fields)),
        (
            "- staff: {ward.clerk: {add: 1}}",
            "- cut:\n        |",
            {"procedures", "fields", "time_limit"},
        ),
    ],
)
def test_completion(editor: Client, right: str, typed: str, labels: set[str]) -> None:
    assert WARD.count(right) == 1
    assert labels <= editor.offers(WARD.replace(right, typed))


@pytest.mark.parametrize(
    ("key", "model"),
    [
        ("seed", "Scenario"),
        ("kind", "Station"),
        ("staff", "Station"),
        ("time_limit", "Procedure"),
        ("volume", "Procedure"),
        ("per_year", "Volume"),
        ("work", "Visit"),
        ("policies", "Scenario"),
    ],
)
def test_hovering_over_a_key_shows_what_is_said_of_it(editor: Client, key: str, model: str) -> None:
    bar = WARD.replace(f"{key}:", f"{key[0]}|{key[1:]}:", 1)
    assert forms()[model].keys[key].text in editor.shows(bar)


def test_hovering_over_a_time_limit_names_its_rule_and_how_it_is_written(editor: Client) -> None:
    text = editor.shows(WARD.replace("time_limit", "time_|limit"))
    assert "rule 14" in text
    assert "`10 working days`" in text
