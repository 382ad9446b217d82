/** The active row of the list that is shown: where the keyboard is, and where it goes when rows leave. */

import { actions } from '#lib/actions/index.svelte.ts';
import { i18n } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { feed } from '#lib/live/feed.svelte.ts';
import { session } from '#lib/session/session.svelte.ts';
import { mayBelong } from './belongs.ts';
import type { ConversationList } from './list.svelte.ts';
import { isFixed, savedFilter, type Listing } from './listing.ts';
import { savedViews } from './saved.svelte.ts';

/** What is on the page now. */
export interface Here {
  list: ConversationList | null;
  listing: Listing;
  open: string | null;
}

export class Walking {
  /** Where the keyboard was put; null: nobody has walked yet. */
  cursor = $state<string | null>(null);
  /** Where the keyboard is; null: nowhere yet, so that a key does nothing to a mail that just came in. */
  readonly active = $derived.by(() => {
    const { list, open } = this.here();
    return (list && [this.cursor, open].find((id) => list.indexOf(id) >= 0)) ?? null;
  });
  /** The row at which the Tab key comes into the list. */
  readonly stop = $derived.by(() => this.active ?? this.here().list?.rows[0]?.id ?? null);

  constructor(
    private readonly here: () => Here,
    /** The open conversation left the list: this one takes its place, if any. */
    private readonly onleave: (next: string | null) => void,
    /** Everything was done to all of a list: nothing of it is selected any more. */
    private readonly onall: () => void,
  ) {}

  /** The row so many places on, at which the keyboard is then; null: there is none. */
  step(by: number): string | null {
    const { list } = this.here();
    if (!list) return null;
    const at = this.active === null ? 0 : Math.max(0, Math.min(list.rows.length - 1, list.indexOf(this.active) + by));
    const next = list.rows[at];
    if (next) this.cursor = next.id;
    return next?.id ?? null;
  }

  /** Keeps the list true to what agents do and the feed tells; gives the end of it. */
  attend(list: ConversationList): () => void {
    const ends = [
      feed.on('conversation', (events) => void list.check(events.flatMap((one) => one.id ?? []))),
      // What a saved view shows may have been changed.
      feed.on('view', () => !isFixed(this.here().listing.view) && void list.read()),
      feed.on('reset', () => void list.read()),
      feed.onReturn(() => void list.read()),
      actions.onAct((ids, wish) => this.#acted(list, ids, wish.kind === 'status')),
    ];
    return () => ends.forEach((end) => end());
  }

  /** What was done may take rows out of the list, or bring them back where it was refused. */
  #acted(list: ConversationList, ids: string[], leaves: boolean): void {
    if (ids.length === 0) {
      this.onall();
      void list.read();
      return;
    }
    const { listing, open } = this.here();
    const filter = savedFilter(listing, savedViews.all, i18n.zone);
    const fits = (id: string) => {
      const one = conversations.get(id);
      return one && mayBelong(one, filter, session.agent.id);
    };
    const gone = ids.filter((id) => list.indexOf(id) >= 0 && fits(id) === false);
    const missing = ids.filter((id) => list.indexOf(id) < 0 && fits(id) === true);
    if (leaves && open && gone.includes(open)) {
      this.cursor = this.#neighbour(list, gone);
      this.onleave(this.cursor);
    } else if (this.active && gone.includes(this.active)) {
      this.cursor = this.#neighbour(list, gone);
    }
    if (gone.length > 0) list.drop(gone);
    if (missing.length > 0) void list.check(missing);
  }

  /** The row that takes the place of the active one when these are gone. */
  #neighbour(list: ConversationList, gone: string[]): string | null {
    const at = list.indexOf(this.here().open ?? this.active);
    const stays = (one: { id: string }) => !gone.includes(one.id);
    return (list.rows.slice(at + 1).find(stays) ?? list.rows.slice(0, at).findLast(stays))?.id ?? null;
  }
}
