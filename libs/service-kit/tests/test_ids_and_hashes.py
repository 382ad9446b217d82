from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service_kit.hashing import KeyedHash, derive_key
from service_kit.ids import derived_id, new_id

SECRET = "a secret of thirty-two characters"


def test_new_ids_are_ordered_by_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert {each.version for each in ids} == {7}


@given(st.uuids(), st.text(max_size=40))
def test_a_derived_id_is_always_the_same_and_keeps_its_parents_time(parent: UUID, name: str) -> None:
    derived = derived_id(parent, name)
    assert derived == derived_id(parent, name)
    assert derived.version == 7
    assert derived.int >> 80 == parent.int >> 80


def test_parts_with_different_names_get_different_ids() -> None:
    parent = new_id()
    assert len({derived_id(parent, f"part {n}") for n in range(1000)}) == 1000


def test_a_keyed_hash_depends_on_the_key_and_on_the_borders_of_its_parts() -> None:
    one = KeyedHash(derive_key(SECRET, "address-hash"))
    other = KeyedHash(derive_key(SECRET + "!", "address-hash"))
    assert one.of("ab", "c") == one.of("ab", "c")
    assert one.of("ab", "c") != one.of("a", "bc")
    assert one.of("ab", "c") != other.of("ab", "c")


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert len({derive_key(SECRET, p) for p in ("address-hash", "master-key", "reply-token")}) == 3
