/** Companies by id, and what is done with them. */

import { api, asProblem, got, type Company, type CompanyChanged, type CompanyNew } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { storeOf } from '#lib/people/store.svelte.ts';

export const companies = storeOf<Company>(async (id) => {
  const page = await got(api.GET('/api/v1/companies', { params: { query: { id, limit: 100 } } }));
  return page.items;
});

const taken = (company: Company): Company => {
  companies.put([company]);
  return company;
};
const watchers = new Set<() => void>();

/** Is told that companies were added or changed, here or elsewhere. Gives what ends it. */
export function onCompanies(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

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

async function look(ids: string[]): Promise<void> {
  try {
    await companies.refresh(companies.known(ids));
  } catch (thrown) {
    // Not read now: what is shown is read anew when the feed is back.
    if (!asProblem(thrown).offline) throw thrown;
  }
  for (const watcher of watchers) watcher();
}

feed.on('company', (events) => void look([...new Set(events.flatMap((one) => one.id ?? []))]));
