"""Companies are made, changed, and have domains that nobody else has."""

from __future__ import annotations

from uuid import UUID

import pytest

from events.companies import CompanyCreated, CompanyEvent, CompanyNote, CompanyUpdated
from events.contact_commands import ChangeCompany, CompanyCommand, CreateCompany
from events.envelope import Envelope
from router.domain import company, errors
from router.domain.company import CompanyState, domain_of
from router.domain.public_providers import PUBLIC_PROVIDERS
from router.domain.testing import an_id, command
from service_kit.spec import Given
from service_kit.spec import given as given_decider

ACME, GLOBEX = an_id("acme"), an_id("globex")
CREATED = CompanyCreated(name="Acme", domains=("acme.test",), personal=CompanyNote(note=""))


def given(
    *history: CompanyEvent, owners: dict[str, UUID] | None = None
) -> Given[Envelope[CompanyCommand], CompanyState, CompanyEvent]:
    return given_decider(company.decider(owners or {}), *history)


def test_a_company_is_made_with_its_domains_as_they_are_compared() -> None:
    wish = CreateCompany(name=" Acme ", domains=("@ACME.test", "acme.test.", "acme.example"), note="pays late")
    given().when(command(wish, on=ACME)).then(
        CompanyCreated(name="Acme", domains=("acme.test", "acme.example"), personal=CompanyNote(note="pays late"))
    )


def test_the_same_company_is_not_made_twice() -> None:
    wish = CreateCompany(name="Acme", domains=("acme.test",))
    given(CREATED, owners={"acme.test": ACME}).when(command(wish, on=ACME)).then_nothing_happened()


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (CreateCompany(name=" "), errors.CompanyInvalid),
        (CreateCompany(name="a\nb"), errors.CompanyInvalid),
        (CreateCompany(name="A", note="n" * 20_001), errors.CompanyInvalid),
        (CreateCompany(name="A", domains=tuple(f"a{n}.test" for n in range(51))), errors.CompanyInvalid),
        (CreateCompany(name="A", domains=("localhost",)), errors.CompanyDomainInvalid),
        (CreateCompany(name="A", domains=("",)), errors.CompanyDomainInvalid),
        (CreateCompany(name="A", domains=("a b.test",)), errors.CompanyDomainInvalid),
        (CreateCompany(name="A", domains=("GMail.com",)), errors.CompanyDomainPublic),
        (CreateCompany(name="A", domains=("globex.test",)), errors.CompanyDomainTaken),
    ],
)
def test_a_company_that_cannot_be_is_refused(wish: CreateCompany, refusal: type[Exception]) -> None:
    given(owners={"globex.test": GLOBEX}).when(command(wish, on=ACME)).then_refused(refusal)


def test_what_is_named_is_changed_and_nothing_else() -> None:
    given(CREATED).when(command(ChangeCompany(name="ACME Ltd"), on=ACME)).then(
        CompanyUpdated(name="ACME Ltd", domains=("acme.test",))
    )
    given(CREATED).when(command(ChangeCompany(domains=()), on=ACME)).then(CompanyUpdated(name="Acme"))
    given(CREATED).when(command(ChangeCompany(note=""), on=ACME)).then(
        CompanyUpdated(name="Acme", domains=("acme.test",), personal=CompanyNote(note=""))
    )


def test_a_change_of_nothing_changes_nothing_and_of_nobody_is_refused() -> None:
    given(CREATED).when(command(ChangeCompany(name="Acme"), on=ACME)).then_nothing_happened()
    given().when(command(ChangeCompany(name="Acme"), on=ACME)).then_refused(errors.CompanyNotFound)


def test_a_domain_of_another_company_is_named_with_it() -> None:
    wish = command(ChangeCompany(domains=("globex.test",)), on=ACME)
    with pytest.raises(errors.CompanyDomainTaken, match=str(GLOBEX)):
        company.decide(wish, company.Company("Acme"), owners={"globex.test": GLOBEX})


def test_domains_are_found_in_addresses_and_providers_are_known() -> None:
    assert domain_of("Rosa@Acme.Test") == "acme.test" == domain_of('"a@b"@acme.test')
    assert domain_of("") == ""
    assert {"gmail.com", "wp.pl", "proton.me", "outlook.com", "interia.pl"} <= PUBLIC_PROVIDERS
    assert all(domain == domain_of(domain) for domain in PUBLIC_PROVIDERS)
