/** Threads that were opened or will be: kept, so that switching back shows them at once, and kept true by the feed. */

import { api, asProblem, got, wasAborted, type Message, type Problem } from '#lib/api/client.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { joined, prepended, unsettledDepth, withLine, type Known } from './pages.ts';

const KEPT = 60;
const FIRST_PAGE = 50;

export class Thread {
  readonly id: string;
  #known = $state.raw<Known>({ lines: [], older: null });
  /** Read at least once. */
  loaded = $state(false);
  loadingOlder = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** Where it was left: px from the top; null: at its end. */
  scroll: number | null = null;
  /** Heights (px) of mails' HTML that were measured, by message, each at a width. */
  readonly heights = new Map<string, { width: number; height: number }>();
  usedAt = Date.now();
  stale = false;
  shown = 0;
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(id: string) {
    this.id = id;
  }

  get lines(): Message[] {
    return this.#known.lines;
  }
  get hasOlder(): boolean {
    return this.#known.older !== null;
  }

  /** Reads the end of the thread; what is asked meanwhile is read once more afterwards. */
  refresh(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** Resolves when what is being read now is there, or could not be read. */
  settled(): Promise<void> {
    return this.#reading ?? Promise.resolve();
  }

  async #read(): Promise<void> {
    do {
      this.#again = false;
      this.stale = false;
      const limit = this.loaded ? unsettledDepth(this.lines) : FIRST_PAGE;
      try {
        const page = await this.#page({ from: 'end', limit });
        this.#known = joined(this.#known, page.items, page.next_cursor);
        this.loaded = true;
        this.problem = null;
      } catch (thrown) {
        this.stale = true;
        if (!wasAborted(thrown)) this.problem = asProblem(thrown);
      }
    } while (this.#again);
  }

  /** Reads the page before the first line that is shown. */
  async loadOlder(): Promise<void> {
    const { older } = this.#known;
    if (!older || this.loadingOlder) return;
    this.loadingOlder = true;
    try {
      const page = await this.#page({ from: 'end', limit: FIRST_PAGE, cursor: older });
      if (this.#known.older === older) this.#known = prepended(this.#known, page.items, page.next_cursor);
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.loadingOlder = false;
    }
  }

  /** Reads until there is nothing before the first line: to print, or to choose messages. */
  async loadAll(): Promise<void> {
    if (!this.loaded) await this.refresh();
    while (this.hasOlder && !this.problem) await this.loadOlder();
  }

  /** Shows a line as a write answered it. */
  put(line: Message): void {
    if (line.conversation_id !== this.id) {
      void this.refresh(); // of one that was merged into this: its place is found by reading
      return;
    }
    this.#known = withLine(this.#known, line);
  }

  #page(query: { from: 'end'; limit: number; cursor?: string }) {
    const params = { path: { conversation_id: this.id }, query };
    return got(api.GET('/api/v1/conversations/{conversation_id}/messages', { params }));
  }
}

const kept = new Map<string, Thread>();

export const threads = {
  /** The thread, known or not; reads it where it was not, or changed while nobody looked. */
  open(id: string): Thread {
    const thread = threads.of(id);
    thread.usedAt = Date.now();
    if (!thread.loaded || thread.stale) void thread.refresh();
    return thread;
  },

  of(id: string): Thread {
    let thread = kept.get(id);
    if (!thread) {
      thread = new Thread(id);
      kept.set(id, thread);
      tidy();
    }
    return thread;
  },

  /** Reads a thread that will probably be opened next: that of the hovered or the following row. */
  prefetch(id: string): void {
    const thread = threads.open(id);
    if (!conversations.get(id)) void conversations.read(id).catch(() => undefined); // said when it is opened
    thread.usedAt = Date.now();
  },
};

/** Reads a thread that will probably be opened next. */
export const prefetch = (id: string): void => threads.prefetch(id);

function tidy(): void {
  if (kept.size <= KEPT) return;
  const oldest = [...kept.values()].filter((one) => one.shown === 0).sort((one, other) => one.usedAt - other.usedAt);
  for (const one of oldest.slice(0, kept.size - KEPT)) kept.delete(one.id);
}

feed.on('conversation', (events) => {
  for (const { id } of events) {
    const thread = id ? kept.get(id) : undefined;
    if (!thread) continue;
    if (thread.shown > 0) void thread.refresh();
    else thread.stale = true;
  }
});
// What could not be read without a connection.
feed.onReturn(() => {
  for (const thread of kept.values()) if (thread.stale && thread.shown > 0) void thread.refresh();
});
feed.on('reset', () => {
  for (const thread of kept.values()) {
    thread.stale = true;
    if (thread.shown > 0) void thread.refresh();
  }
});
