"""A taken port is named, with who wants it and who has it."""

import os
import socket
from pathlib import Path

import pytest

from local_runtime.assembly import assemble
from local_runtime.configuration import Configuration
from local_runtime.errors import PortTaken
from local_runtime.live import PortShift
from local_runtime.ports import free_ports, require_free
from local_runtime.processes import ProcessDescription, service_processes, wanted_ports
from local_runtime.state import State


def test_a_free_port_is_free():
    (port,) = free_ports(1)
    require_free(port, "the stove")


def test_a_taken_port_names_itself_and_both_sides():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port}, which the stove needs, is taken.*pid {os.getpid()}"):
            require_free(port, "the stove")


def test_a_taken_port_is_found_before_anything_starts(tmp_path: Path):
    state = State(tmp_path / "var")
    state.prepare()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        configuration = Configuration(
            var=state.var, kafka="elsewhere:9092", database="elsewhere", offset=free_ports(1)[0] % 20000
        )
        stove = ProcessDescription("stove", ("true",), port, {})
        with pytest.raises(PortTaken, match=r"port \d+, which stove needs, is taken"):
            assemble(configuration, state, lambda line: None, [stove])


def test_no_two_processes_want_the_same_port():
    configuration = Configuration(var=Path("var"), receivers=4)
    processes = service_processes(configuration)
    assert len(wanted_ports(configuration, processes)) == len(processes) + 3


def test_all_ports_shift_together():
    here, there = (Configuration(var=Path("var"), offset=offset) for offset in (0, 1000))
    ports = wanted_ports(here, service_processes(here))
    assert sorted(wanted_ports(there, service_processes(there))) == [port + 1000 for port in sorted(ports)]
    assert {8080, 8083, 8084, 2525, 9101, 9102, 9105, 9106, 9107, 9108, 9109, 19092, 19093, 9201} == set(ports)


def test_a_port_shift_is_never_one_that_browsers_refuse():
    with pytest.raises(RuntimeError, match="no shift"):
        PortShift([2000])


def test_a_port_shift_is_nobody_elses_until_it_is_given_back():
    mine = PortShift()
    with pytest.raises(RuntimeError, match="no shift leaves every port free"):
        PortShift([mine.offset])
    mine.give_back()
    again = PortShift([mine.offset])
    assert again.offset == mine.offset
    again.give_back()
