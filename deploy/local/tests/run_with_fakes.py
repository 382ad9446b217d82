"""The local run with real Kafka and PostgreSQL and two fake services; the configuration comes by the environment."""

import os
import sys
from pathlib import Path

from local_runtime.assembly import assemble
from local_runtime.configuration import Configuration
from local_runtime.processes import ProcessDescription
from local_runtime.state import State

FAKE = str(Path(__file__).with_name("fake_service.py"))


def main():
    configuration = Configuration.from_environment(os.environ)
    state = State(configuration.var)
    state.prepare()
    fakes = [
        ProcessDescription(
            f"fake-{port}", (sys.executable, FAKE, str(configuration.port(port))), configuration.port(port), {}
        )
        for port in (9101, 9102)
    ]
    with state.held():
        supervisor = assemble(configuration, state, lambda line: print(line, flush=True), fakes)
        supervisor.obey_signals()
        supervisor.run()


main()
