from importlib.resources import files
from uuid import UUID

import pytest

from events.errors import KeyNotHeld
from events.sealing import ERASED, DataKey
from service_kit import database, keyring
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.keyring import Keyring, KeyringSealedOtherwise

pytestmark = pytest.mark.real
SECRET = "a secret of thirty-two characters"


def key_of(found: object) -> DataKey:
    assert isinstance(found, DataKey)
    return found


def test_a_key_that_one_process_made_opens_for_another(fresh_database: str) -> None:
    keyring.install(fresh_database)
    person = new_id()
    with database.connect(fresh_database, "test") as connection, connection.cursor() as cursor:
        made = key_of(Keyring(SECRET).create(cursor, [person])[person])
        found = key_of(Keyring(SECRET).fetch(cursor, [person])[person])
        assert found.open(made.seal(b"hello", person), person) == b"hello"


def test_a_missing_row_is_a_fault_and_an_erased_one_is_known(fresh_database: str) -> None:
    keyring.install(fresh_database)
    erased, unknown = new_id(), new_id()
    with database.connect(fresh_database, "test") as connection, connection.cursor() as cursor:
        ring = Keyring(SECRET)
        ring.create(cursor, [erased])
        ring.erase(cursor, [erased], utc_now())
        assert ring.fetch(cursor, [erased]) == {erased: ERASED}
        assert ring.create(cursor, [erased]) == {erased: ERASED}
        with pytest.raises(KeyNotHeld, match="restore the keyring"):
            ring.fetch(cursor, [unknown])


def test_another_holder_forgets_an_erased_key_when_told(fresh_database: str) -> None:
    keyring.install(fresh_database)
    person = new_id()
    with database.connect(fresh_database, "test") as connection, connection.cursor() as cursor:
        writer, reader = Keyring(SECRET), Keyring(SECRET)
        writer.create(cursor, [person])
        key_of(reader.fetch(cursor, [person])[person])
        writer.erase(cursor, [person], utc_now())
        reader.forget([person])
        assert reader.fetch(cursor, [person])[person] is ERASED


def test_a_batch_holds_its_own_keys_and_eviction_bounds_the_cache(fresh_database: str) -> None:
    keyring.install(fresh_database)
    persons = [new_id() for _ in range(20)]
    with database.connect(fresh_database, "test") as connection, connection.cursor() as cursor:
        ring = Keyring(SECRET, cached=5)
        assert len(ring.create(cursor, persons)) == 20
        ring.evict()
        cursor.execute("TRUNCATE keyring.keys")
        held: list[UUID] = [person for person in persons if person in ring.find(cursor, [person])]
        assert len(held) == 5


def test_a_wrong_master_key_does_not_unwrap(fresh_database: str) -> None:
    keyring.install(fresh_database)
    person = new_id()
    with database.connect(fresh_database, "test") as connection, connection.cursor() as cursor:
        Keyring(SECRET).create(cursor, [person])
        with pytest.raises(KeyringSealedOtherwise, match="POSTROOM_SECRET_KEY"):
            Keyring(SECRET + "!").fetch(cursor, [person])


def test_migrations_are_applied_once(fresh_database: str) -> None:
    known = sorted(entry.name for entry in files("service_kit.keyring_migrations").iterdir() if ".sql" in entry.name)
    assert database.migrate(fresh_database, "keyring", "service_kit.keyring_migrations") == known
    assert database.migrate(fresh_database, "keyring", "service_kit.keyring_migrations") == []
