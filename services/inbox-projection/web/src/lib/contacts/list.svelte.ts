/** The list of contacts as somebody left it. */

import { api, got, type Contact } from '#lib/api/client.ts';
import { companies } from '#lib/companies/companies.svelte.ts';
import { SearchedList } from '#lib/people/searched.svelte.ts';
import { contacts } from './contacts.svelte.ts';

/** Newest first; what is found by a beginning comes in the order of what was found, which only the API knows. */
export const contactList = new SearchedList<Contact>(
  (query, signal) => got(api.GET('/api/v1/contacts', { params: { query }, signal })),
  (one, other, q) => !q && one.id > other.id,
  (items) => {
    contacts.put(items);
    companies.want(items.map((one) => one.company_id));
  },
);
