"""`python -m local_runtime`."""

from local_runtime.cli import app

app(prog_name="python -m local_runtime")
