"""Prints which Python the environment is made with: `python3`, unless another on this machine is far faster.

How an interpreter was built decides half of what Postroom can do: compiled by hand without profile-guided optimisation
(as pyenv does unless told otherwise) it took 2.7 times as long for the same code as the system's own. Run by whatever
`python3` is, so it keeps to what Python 3.7 knows.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CANDIDATES = ("/usr/bin/python3", "/usr/local/bin/python3")
TURNS = 5
"""They take turns, and of each the best counts: a shared machine's speed varies by half from second to second."""
FAR_FASTER = 1.25  # below this the Python that the user has in front stays the choice

MEASURE = """
import sys
if sys.version_info < (3, 11):
    sys.exit("is Python " + sys.version.split()[0])
try:
    import ensurepip, venv
except ImportError:
    sys.exit("has no venv module")
import time

class Item:
    __slots__ = ("number", "text")

    def __init__(self, number):
        self.number, self.text = number, str(number)

def work():
    kept = []
    for number in range(10_000):
        item = Item(number)
        kept.append((item.number, item.text.encode(), {"number": item.number}))

def seconds():
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

print(min(seconds() for _ in range(7)))
"""


def measured(python):
    """Seconds that this interpreter takes for a piece of work just now, and what keeps it from being used."""
    done = subprocess.run([python, "-c", MEASURE], capture_output=True, text=True, check=False)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "does not run"
    return float(done.stdout), ""


def choose(front, others):
    """The interpreter's path and the words that say why. Raises LookupError where none will do."""
    pythons = [front, *(other for other in others if os.path.realpath(other) != os.path.realpath(front))]
    usable, refused = {}, []
    for turn in range(TURNS):
        for python in pythons if turn == 0 else list(usable):
            seconds, fault = measured(python)
            if seconds is None:
                refused.append(f"{python} {fault}")
            else:
                usable[python] = min(seconds, usable.get(python, seconds))
    if not usable:
        raise LookupError("; ".join(refused))
    fastest = min(usable, key=lambda python: usable[python])
    if front not in usable:
        return fastest, refused[0]
    gain = usable[front] / usable[fastest]
    if gain < FAR_FASTER:
        return front, ""
    return fastest, f"{gain:.1f} times as fast as {front}"


def main():
    """Raises SystemExit with one line where no Python will do."""
    front = shutil.which("python3") or sys.executable
    try:
        python, why = choose(front, [other for other in CANDIDATES if Path(other).exists()])
    except LookupError as refusal:
        sys.exit(
            f"postroom: Python 3.11 or newer with its venv module is needed, but {refusal}: "
            "install one (Debian: apt install python3 python3-venv)"
        )
    if why:
        sys.stderr.write(f"Setting up with {python}: {why} (make PYTHON=... takes another)\n")
    sys.stdout.write(f"{python}\n")


if __name__ == "__main__":
    main()
