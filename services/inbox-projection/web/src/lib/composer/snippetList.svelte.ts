/** The snippets that the agent may use: shown at once as they were known, and read anew whenever they are looked for. */

import { api, got, type Snippet } from '#lib/api/client.ts';

let known = $state.raw<Snippet[] | null>(null);

export const snippetList = {
  get all(): Snippet[] | null {
    return known;
  },
  /** Throws Problem. */
  async read(): Promise<void> {
    const items: Snippet[] = [];
    for (let cursor: string | null = null; ;) {
      const query: { limit: number; cursor?: string } = { limit: 200, ...(cursor ? { cursor } : {}) };
      const page = await got(api.GET('/api/v1/snippets', { params: { query } }));
      items.push(...page.items);
      cursor = page.next_cursor;
      if (!cursor) break;
    }
    known = items;
  },
};
