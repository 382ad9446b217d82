/** Who and what there is in the workspace: agents, teams, inboxes and labels by id, read once and kept fresh. */

import { SvelteMap } from 'svelte/reactivity';
import { api, got, type Agent, type DefinedLabel, type Inbox, type Team } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';

const FRESH_MS = 60_000;
const agents = new SvelteMap<string, Agent>();
const teams = new SvelteMap<string, Team>();
const inboxes = new SvelteMap<string, Inbox>();
const labels = new SvelteMap<string, DefinedLabel>();
let reading: Promise<void> | null = null;
let readAt = 0;

const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);

export const directory = {
  /** Agents who work here, by name; former ones are found by `agent(id)` only. */
  get agents(): Agent[] {
    return [...agents.values()].filter((one) => !one.deactivated).sort(byName);
  },
  get teams(): Team[] {
    return [...teams.values()].sort(byName);
  },
  /** The inboxes that the agent sees. */
  get inboxes(): Inbox[] {
    return [...inboxes.values()].filter((one) => !one.archived).sort(byName);
  },
  get labels(): DefinedLabel[] {
    return [...labels.values()].sort(byName);
  },
  agent: (id: string | null): Agent | undefined => (id ? agents.get(id) : undefined),
  team: (id: string | null): Team | undefined => (id ? teams.get(id) : undefined),
  inbox: (id: string | null): Inbox | undefined => (id ? inboxes.get(id) : undefined),
  /** The label of this name; labels are told apart without regard to case. */
  label: (name: string): DefinedLabel | undefined => labels.get(name.toLocaleLowerCase()),

  /** Reads what is older than a minute. Throws Problem when it cannot be read and nothing is known yet. */
  async need(): Promise<void> {
    if (Date.now() - readAt < FRESH_MS) return;
    reading ??= read().finally(() => (reading = null));
    await reading.catch((thrown: unknown) => {
      if (readAt === 0) throw thrown;
    });
  },

  /** What was changed elsewhere is read at the next need. */
  stale(): void {
    readAt = 0;
  },

  /** Makes a label that everybody sees. Throws Problem when the API refuses it. */
  async newLabel(name: string, color: DefinedLabel['color']): Promise<DefinedLabel> {
    const made = await got(api.POST('/api/v1/labels', { body: { name, color } }));
    labels.set(made.name.toLocaleLowerCase(), made);
    return made;
  },
};

async function read(): Promise<void> {
  const [people, groups, boxes, words] = await Promise.all([
    got(api.GET('/api/v1/agents')),
    got(api.GET('/api/v1/teams')),
    got(api.GET('/api/v1/inboxes')),
    everyLabel(),
  ]);
  fill(agents, people.items, (one) => one.id);
  fill(teams, groups.items, (one) => one.id);
  fill(inboxes, boxes.items, (one) => one.id);
  fill(labels, words, (one) => one.name.toLocaleLowerCase());
  readAt = Date.now();
}

async function everyLabel(): Promise<DefinedLabel[]> {
  const found: DefinedLabel[] = [];
  for (let cursor: string | null = null; ;) {
    const query: { limit: number; cursor?: string } = { limit: 200, ...(cursor ? { cursor } : {}) };
    const page = await got(api.GET('/api/v1/labels', { params: { query } }));
    found.push(...page.items);
    cursor = page.next_cursor;
    if (!cursor) return found;
  }
}

function fill<T>(map: SvelteMap<string, T>, items: T[], key: (item: T) => string): void {
  const there = new Set(items.map(key));
  for (const id of [...map.keys()]) if (!there.has(id)) map.delete(id);
  for (const one of items) map.set(key(one), one);
}

feed.onReturn(() => {
  readAt = 0;
  void directory.need().catch(() => undefined); // shown stays as it is; the next need asks again
});
