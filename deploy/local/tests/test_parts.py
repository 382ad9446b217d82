"""The real Kafka and PostgreSQL start, stop, die and come back with their data."""

import asyncio

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from local_runtime.kafka import KafkaBroker
from local_runtime.postgres import PostgresServer

pytestmark = pytest.mark.real


async def test_a_killed_broker_keeps_what_it_acknowledged(fresh_kafka: KafkaBroker):
    admin = AIOKafkaAdminClient(bootstrap_servers=fresh_kafka.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic("letters", num_partitions=1, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=fresh_kafka.bootstrap_servers, acks="all", enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait("letters", b"one")
    await producer.stop()

    fresh_kafka.kill()
    fresh_kafka.start()

    consumer = AIOKafkaConsumer(bootstrap_servers=fresh_kafka.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition("letters", 0)])
    assert (await consumer.getone()).value == b"one"
    await consumer.stop()


@pytest.mark.parametrize("ending", ["fast", "immediate", "kill"])
def test_a_server_keeps_what_it_committed_however_it_ended(fresh_postgres: PostgresServer, ending: str):
    dsn = fresh_postgres.create_database("kept")
    with psycopg.connect(dsn) as connection:
        connection.execute("create table letters as select 1 as number")

    if ending == "kill":
        fresh_postgres.kill()
    else:
        fresh_postgres.stop("fast" if ending == "fast" else "immediate")
    fresh_postgres.start()

    with psycopg.connect(dsn) as connection:
        assert connection.execute("select number from letters").fetchall() == [(1,)]


def test_tcp_asks_for_the_password_and_the_socket_does_not(postgres: PostgresServer):
    with psycopg.connect(postgres.tcp_dsn_of("postgres")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.tcp_dsn_of("postgres"), password="guessed")


async def test_an_emptied_broker_has_no_topic_of_an_earlier_test(kafka: KafkaBroker, request: pytest.FixtureRequest):
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("left-behind", num_partitions=1, replication_factor=1)])
        while "left-behind" not in await admin.list_topics():
            await asyncio.sleep(0.01)

        request.getfixturevalue("empty_kafka")

        assert "left-behind" not in await admin.list_topics()
    finally:
        await admin.close()


@pytest.mark.parametrize("round_", [1, 2])
def test_every_test_has_a_database_of_its_own(fresh_database: str, round_: int):
    with psycopg.connect(fresh_database) as connection:
        connection.execute(f"create table only_here as select {round_} as number")
