/** Who and what there is in the workspace: agents, teams, inboxes and labels by id, read once and kept fresh. */

import { SvelteMap } from 'svelte/reactivity';
import { api, got, type Agent, type DefinedLabel, type Inbox, type Team } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { soon } from '#lib/live/soon.ts';

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

  /** Reads what is older than a minute; what the feed tells of is read by itself. Throws Problem when it cannot be read and nothing is known yet. */
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

/** How each part is read whole, under the name by which the feed tells that it is otherwise. */
const parts = {
  agent: async () => fill(agents, (await got(api.GET('/api/v1/agents'))).items, (one) => one.id),
  team: async () => fill(teams, (await got(api.GET('/api/v1/teams'))).items, (one) => one.id),
  inbox: async () => fill(inboxes, (await got(api.GET('/api/v1/inboxes'))).items, (one) => one.id),
  label: async () => fill(labels, await everyLabel(), (one) => one.name.toLocaleLowerCase()),
};

async function read(): Promise<void> {
  await Promise.all(Object.values(parts).map((one) => one()));
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

for (const kind of Object.keys(parts) as (keyof typeof parts)[]) {
  const again = soon(() => void parts[kind]().catch(() => directory.stale())); // shown stays; the next need asks again
  feed.on(kind, () => readAt > 0 && again.ask());
}

function readAgain(): void {
  readAt = 0;
  void directory.need().catch(() => undefined); // shown stays as it is; the next need asks again
}
feed.onReturn(readAgain);
feed.on('reset', readAgain);
