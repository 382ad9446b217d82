-- Contacts that others stand for, contacts who are blocked, and the e-mail domains of companies.
CREATE TABLE router.merged (
    contact_id  uuid PRIMARY KEY,
    survivor_id uuid NOT NULL
);
CREATE INDEX merged_into ON router.merged (survivor_id);
COMMENT ON TABLE router.merged IS 'Contacts that were merged: their handles lead to the survivor, erasing erases all.';

CREATE TABLE router.blocked (
    contact_id uuid PRIMARY KEY
);
COMMENT ON TABLE router.blocked IS 'Contacts whose mails are kept out; of merged ones the survivor''s row counts.';

CREATE TABLE router.company_domains (
    domain     text PRIMARY KEY,
    company_id uuid NOT NULL
);
CREATE INDEX domains_of_company ON router.company_domains (company_id);
COMMENT ON TABLE router.company_domains IS 'E-mail domains by company: who writes from there for the first time is linked.';
