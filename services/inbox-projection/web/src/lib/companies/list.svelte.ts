/** The list of companies as somebody left it. */

import { api, got, type Company } from '#lib/api/client.ts';
import { SearchedList } from '#lib/people/searched.svelte.ts';
import { companies } from './companies.svelte.ts';

export const companyList = new SearchedList<Company>(
  (query, signal) => got(api.GET('/api/v1/companies', { params: { query }, signal })),
  (one, other) => one.name.toLowerCase() < other.name.toLowerCase(),
  (items) => companies.put(items),
);
