"""Root of all tests: the real Kafka and PostgreSQL come from these fixtures."""

pytest_plugins = ["local_runtime.testing"]
