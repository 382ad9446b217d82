/** The agent's notifications: how many are unread, and the newest of them; kept true by the feed. */

import { api, asProblem, got, type Notification, type NotificationPage, type Problem } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { arrived } from './arrivals.ts';

const PAGE = 20;
/** What comes in one moment is read once. */
const TOGETHER_MS = 250;

let items = $state.raw<Notification[]>([]);
let unread = $state(0);
let cursor = $state<string | null>(null);
let problem = $state.raw<Problem | null>(null);
let read = $state(false);
let turn = 0;
let timer = 0;

export const notifications = {
  get items(): Notification[] {
    return items;
  },
  get unread(): number {
    return unread;
  },
  get hasMore(): boolean {
    return cursor !== null;
  },
  /** Whether the list has been read at all. */
  get read(): boolean {
    return read;
  },
  get problem(): Problem | null {
    return problem;
  },

  /** The sequence of the newest unread one of a conversation, of those that were read; 0: there is none. */
  unreadOf: (conversationId: string): number =>
    items.reduce(
      (most, one) => (one.conversation_id === conversationId && !one.read ? Math.max(most, one.sequence) : most),
      0,
    ),

  /** This one is read: it was looked at. Those of a conversation are read with the conversation. */
  async look(one: Notification): Promise<void> {
    if (one.read || one.conversation_id) return;
    const params = { path: { notification_id: one.id } };
    try {
      const left = await got(api.PUT('/api/v1/notifications/{notification_id}/read', { params, keepalive: true }));
      unread = left.unread_count;
      items = items.map((known) => (known.id === one.id ? { ...known, read: true } : known));
    } catch {
      // It stays unread, and can be looked at again.
    }
  },

  /** Reads the newest; gives those that arrived since it was read last. */
  async refresh(): Promise<Notification[]> {
    const mine = (turn += 1);
    try {
      const page = await pageOf(null);
      if (mine !== turn) return [];
      const news = read ? arrived(items, page.items) : [];
      items = page.items;
      cursor = page.next_cursor;
      unread = page.unread_count;
      problem = null;
      read = true;
      return news;
    } catch (thrown) {
      if (mine === turn) problem = asProblem(thrown);
      return [];
    }
  },

  async more(): Promise<void> {
    if (cursor === null) return;
    const mine = turn;
    try {
      const page = await pageOf(cursor);
      if (mine !== turn) return;
      items = [...items, ...page.items];
      cursor = page.next_cursor;
    } catch (thrown) {
      problem = asProblem(thrown);
    }
  },

  /** All that are shown, and all older ones, are read. Throws Problem. */
  async readAll(): Promise<void> {
    const newest = items[0];
    if (!newest) return;
    const left = await got(api.PUT('/api/v1/notifications/read', { body: { up_to: newest.id } }));
    unread = left.unread_count;
    items = items.map((one) => ({ ...one, read: true }));
  },

  /** Keeps them true until what it gives is called; `onNews` hears what arrives. */
  watch(onNews: (news: Notification[]) => void): () => void {
    const soon = () => {
      clearTimeout(timer);
      timer = window.setTimeout(
        () => void notifications.refresh().then((news) => news.length > 0 && onNews(news)),
        TOGETHER_MS,
      );
    };
    // A conversation that is told of may have been read on the other device.
    const touched = (events: { id: string | null }[]) => {
      if (events.some(({ id }) => items.some((one) => one.conversation_id === id && !one.read))) soon();
    };
    void notifications.refresh();
    const ends = [
      feed.on('notification', soon),
      feed.on('reset', soon),
      feed.on('conversation', touched),
      feed.onReturn(soon),
    ];
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  },
};

async function pageOf(after: string | null): Promise<NotificationPage> {
  const query = { limit: PAGE, ...(after ? { cursor: after } : {}) };
  const page = await got(api.GET('/api/v1/notifications', { params: { query } }));
  const about = page.items.flatMap((one) => one.conversation_id ?? []);
  // Subjects and people come by their own way; the list is there without them, too.
  void conversations.refresh(about.filter((id) => !conversations.get(id)));
  return page;
}
