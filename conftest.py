"""Root of all tests: the real Kafka and PostgreSQL come from these fixtures; hypothesis sets no time limits.

How long an example takes says something of the machine and nothing of the code.
"""

from hypothesis import HealthCheck, settings

pytest_plugins = ["local_runtime.testing"]

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
