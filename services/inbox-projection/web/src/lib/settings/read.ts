/** The lists that several settings pages show or choose from; each is whole. */

import {
  api,
  got,
  type Agent,
  type ContactProperty,
  type DefinedLabel,
  type Pipeline,
  type Snippet,
  type Team,
} from '#lib/api/client.ts';
import type { Inbox } from '#lib/settings/shapes.ts';

const byName = <T extends { name: string }>(those: T[]): T[] =>
  those.toSorted((one, other) => one.name.localeCompare(other.name));

export const readInboxes = async (): Promise<Inbox[]> => byName((await got(api.GET('/api/v1/inboxes'))).items);

export const readInbox = (inbox_id: string): Promise<Inbox> =>
  got(api.GET('/api/v1/inboxes/{inbox_id}', { params: { path: { inbox_id } } }));

export const readTeams = async (): Promise<Team[]> => byName((await got(api.GET('/api/v1/teams'))).items);

export const readAgents = async (): Promise<Agent[]> => byName((await got(api.GET('/api/v1/agents'))).items);

export const readPipelines = async (): Promise<Pipeline[]> => (await got(api.GET('/api/v1/pipelines'))).items;

export const readProperties = async (): Promise<ContactProperty[]> =>
  (await got(api.GET('/api/v1/contact-properties'))).items;

export const readLimits = () => got(api.GET('/api/v1/limits'));

export const readLabels = (): Promise<DefinedLabel[]> =>
  whole((cursor) => got(api.GET('/api/v1/labels', { params: { query: { limit: 200, ...cursor } } })));

export const readSnippets = (): Promise<Snippet[]> =>
  whole((cursor) => got(api.GET('/api/v1/snippets', { params: { query: { limit: 200, ...cursor } } })));

/** All pages of a list that has some thousands of items at most. */
async function whole<T>(
  page: (cursor: { cursor?: string }) => Promise<{ items: T[]; next_cursor: string | null }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: { cursor?: string } = {};
  for (;;) {
    const { items, next_cursor } = await page(cursor);
    all.push(...items);
    if (next_cursor === null) return all;
    cursor = { cursor: next_cursor };
  }
}
