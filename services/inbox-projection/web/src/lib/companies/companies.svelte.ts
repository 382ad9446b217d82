/** Companies by id, and what is done with them. */

import { api, got, type Company, type CompanyChanged, type CompanyNew } from '#lib/api/client.ts';
import { following } from '#lib/people/following.ts';
import { storeOf } from '#lib/people/store.svelte.ts';

export const companies = storeOf<Company>(async (id) => {
  const page = await got(api.GET('/api/v1/companies', { params: { query: { id, limit: 100 } } }));
  return page.items;
});

const taken = (company: Company): Company => {
  companies.put([company]);
  return company;
};
/** Is told that companies were added or changed, here or elsewhere. Gives what ends it. */
export const onCompanies = following('company', companies);

/** Reads one anew. Throws Problem 404 when it is not there. */
export const readCompany = async (company_id: string): Promise<Company> =>
  taken(await got(api.GET('/api/v1/companies/{company_id}', { params: { path: { company_id } } })));

export const createCompany = async (body: CompanyNew): Promise<Company> =>
  taken(await got(api.POST('/api/v1/companies', { body })));

export const changeCompany = async (company_id: string, body: CompanyChanged): Promise<Company> =>
  taken(await got(api.PATCH('/api/v1/companies/{company_id}', { params: { path: { company_id } }, body })));

/** Domains as somebody types them: apart by spaces, commas or lines, with or without an at sign; each once. */
export function domainsOf(typed: string): string[] {
  const words = typed.split(/[\s,;]+/).map((word) => word.replace(/^@/, '').toLowerCase());
  return [...new Set(words.filter(Boolean))];
}
