"""The exit codes that schedulers rely on, beyond the 2 of `test_bad_input`."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.cli.command import NOW, arguments_of_process, duckbill, duckbill_process, environment

RUN = ("run", "-p", "2026-10", "--now", NOW)


def test_a_parked_customer_ends_with_1_and_the_others_are_billed(fresh: Path) -> None:
    catalog = fresh / "catalog" / "catalog.yml"
    text = catalog.read_text().replace("customers:\n", "customers:\n  - name: Vast\n    ingest_aliases: [vast]\n")
    contract = "contracts:\n  - {customer: Vast, rate_card: Standard, starting_at: 2026-10-01T00:00:00Z}\n"
    catalog.write_text(text.replace("contracts:\n", contract))
    properties = {"model": "large", "input_tokens": "9" * 25, "user_id": "vera"}
    event = {"transaction_id": "vast-1", "customer_id": "vast", "event_type": "llm_request", "properties": properties}
    line = json.dumps(event | {"timestamp": "2026-10-02T00:00:00Z"}).encode()
    assert duckbill("land", fresh / "events" / "events.ndjson", "-", "-w", fresh, "--now", NOW, stdin=line).code == 0
    outcome = duckbill(*RUN, "-w", fresh)
    assert outcome.code == 1 and "parked: 1 row on no invoice" in outcome.stderr
    assert "Acme" in outcome.text and "447.6" in outcome.text and "Vast" not in outcome.text
    again = duckbill(*RUN, "-w", fresh, "-o", "json")
    assert again.code == 1 and (again.json()["status"], again.json()["parked"]) == ("unchanged", 1)
    (parked,) = Workspace(fresh).run("2026-10").parked.dicts()
    assert parked["reason"] == "beyond_exact_range" and "more digits" in str(parked["detail"])


def test_a_run_with_nothing_to_do_ends_with_99_when_asked(copy: Path) -> None:
    assert duckbill(*RUN, "-w", copy).code == 0
    assert duckbill(*RUN, "-w", copy, "--skip-code").code == 99
    catalog = copy / "catalog" / "catalog.yml"
    catalog.write_text(catalog.read_text().replace("price: 150", "price: 151"))
    assert duckbill(*RUN, "-w", copy, "--skip-code").code == 0


def test_a_workspace_in_use_ends_with_75(copy: Path) -> None:
    with (copy / "lake" / ".lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 4711")
        lock.flush()
        for command in (RUN, ("land", copy / "events" / "events.ndjson")):
            outcome = duckbill_process(*command, "-w", copy)
            assert outcome.code == 75 and outcome.stdout == b""
            told = f"duckbill: {copy}: process 4711 is writing to this workspace; try again later"
            assert outcome.stderr == f"{told}, or wait for it: --wait SECONDS\n"
        # Reading does not wait for anybody.
        assert duckbill("invoices", "list", "-w", copy).code == 0
    assert duckbill(*RUN, "-w", copy).code == 0


def test_a_bug_ends_with_70(billed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Workspace) -> None:
        raise ZeroDivisionError("of the test")

    monkeypatch.setattr(Workspace, "verify", broken)
    outcome = duckbill("verify", "-w", billed)
    assert outcome.code == 70 and outcome.stdout == b""
    assert outcome.stderr.splitlines()[-1] == "duckbill: internal error; this is a bug in duckbill"
    assert "ZeroDivisionError: of the test" in outcome.stderr


_SLOW_RUN = """
import time
import engine.runs
from engine.cli import console

def slow(*arguments):
    print("metering", flush=True)
    time.sleep(60)

engine.runs.bill = slow
console()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing_behind(number: int, code: int, fresh: Path) -> None:
    assert duckbill("land", fresh / "events" / "events.ndjson", "-w", fresh, "--now", NOW).code == 0
    command = [*arguments_of_process()[:1], "-c", _SLOW_RUN, *RUN, "-w", str(fresh)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None and process.stdout.readline() == b"metering\n"
        time.sleep(0.3)
        started = time.monotonic()
        os.kill(process.pid, number)
        try:
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == code, stderr
    assert time.monotonic() - started < 10 and b"Traceback" not in stderr
    assert list((fresh / "runs").iterdir()) == []
    assert [path.name for path in fresh.iterdir() if path.name.startswith(".")] == []
    assert duckbill(*RUN, "-w", fresh).code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_landing_leaves_nothing_behind(number: int, code: int, fresh: Path) -> None:
    """Standard input that never ends must not keep the process alive."""
    command = arguments_of_process("land", "-", "-w", fresh)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        try:
            while not any(path.name.startswith(".spill-") for path in fresh.iterdir()):
                assert process.poll() is None
                time.sleep(0.05)
            time.sleep(0.5)
            os.kill(process.pid, number)
            assert process.wait(timeout=5) == code
        finally:
            process.kill()
    assert not any(path.name.startswith(".spill-") for path in fresh.iterdir())
