/** E-mail filters as the page has them, and as the API takes them: always all of them, with the version they are of; pure. */

import type { EmailFilter, EmailFilterAsked, EmailFilters, EmailFiltersAsked, Switches } from '#lib/api/client.ts';

export const KINDS: EmailFilter['kind'][] = ['allow', 'block', 'spam'];
export const FIELDS: EmailFilter['field'][] = ['address', 'domain', 'subject', 'body', 'header'];
export const OPERATORS: EmailFilter['operator'][] = ['is', 'contains', 'matches'];
export const SWITCHES = ['automated', 'newsletter', 'role_addresses'] as const;
export type SwitchName = (typeof SWITCHES)[number];

export const NEW_FILTER: EmailFilterAsked = {
  kind: 'block',
  field: 'address',
  operator: 'is',
  value: '',
  header: '',
  inbox_id: null,
  enabled: true,
  note: '',
};

/** All of them with one changed, added (no id) or, as null, taken away; in the place where it was. */
export function asked(
  known: EmailFilters,
  change: { at: string | null; filter: EmailFilterAsked | null },
): EmailFiltersAsked {
  const filters: EmailFilterAsked[] = known.filters.flatMap((one) =>
    one.id !== change.at ? [one] : change.filter ? [tidied({ ...change.filter, id: one.id })] : [],
  );
  if (change.at === null && change.filter) filters.push(tidied(change.filter));
  return { version: known.version, filters };
}

/** A header's name belongs to filters of headers only. */
function tidied(filter: EmailFilterAsked): EmailFilterAsked {
  return { ...filter, header: filter.field === 'header' ? (filter.header ?? '').trim() : '' };
}

/** What is on for an inbox, or (null) for all of them. */
export function switchesOf(known: EmailFilters, inbox_id: string | null): Switches {
  const off = { inbox_id, automated: false, newsletter: false, role_addresses: false };
  return known.switches.find((one) => one.inbox_id === inbox_id) ?? off;
}

/** The switches with one of them turned. */
export function turned(known: EmailFilters, inbox_id: string | null, name: SwitchName, on: boolean): EmailFiltersAsked {
  const changed = { ...switchesOf(known, inbox_id), [name]: on };
  const others = known.switches.filter((one) => one.inbox_id !== inbox_id);
  const switches = SWITCHES.some((one) => changed[one]) ? [...others, changed] : others;
  return { version: known.version, filters: known.filters, switches };
}
