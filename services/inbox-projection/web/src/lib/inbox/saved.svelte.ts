/** Saved views: the agent's own and those that everybody sees. */

import { api, got, type View, type ViewChange, type ViewNew } from '#lib/api/client.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { soon } from '#lib/live/soon.ts';
import { viewCounts } from './counts.svelte.ts';

let views = $state.raw<View[]>([]);
let read = $state(false);
let reading: Promise<void> | null = null;

const inOrder = (those: View[]) => [...those].sort((one, other) => one.name.localeCompare(other.name));

export const savedViews = {
  get all(): View[] {
    return views;
  },
  /** Whether they are known: before, the address of a saved view says nothing yet. */
  get known(): boolean {
    return read;
  },
  one: (id: string): View | undefined => views.find((view) => view.id === id),

  /** Reads them, once unless they may have changed elsewhere. Throws Problem. */
  need(): Promise<void> {
    if (read) return Promise.resolve();
    reading ??= fetchAll().finally(() => (reading = null));
    return reading;
  },

  async create(body: ViewNew): Promise<View> {
    const made = await got(api.POST('/api/v1/views', { body }));
    views = inOrder([...views, made]);
    viewCounts.soon();
    return made;
  },

  async change(id: string, body: ViewChange): Promise<View> {
    const now = await got(api.PATCH('/api/v1/views/{view_id}', { params: { path: { view_id: id } }, body }));
    views = inOrder(views.map((view) => (view.id === id ? now : view)));
    viewCounts.soon();
    return now;
  },

  async remove(id: string): Promise<void> {
    await api.DELETE('/api/v1/views/{view_id}', { params: { path: { view_id: id } } });
    views = views.filter((view) => view.id !== id);
  },
};

async function fetchAll(): Promise<void> {
  const page = await got(api.GET('/api/v1/views'));
  views = page.items;
  read = true;
}

const again = soon(() => {
  viewCounts.soon();
  void fetchAll().catch(() => undefined); // the old ones stay
});
const asked = () => read && again.ask();
feed.on('view', asked);
feed.on('reset', asked);
feed.onReturn(asked);
