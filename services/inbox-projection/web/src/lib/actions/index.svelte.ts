/** What an agent does to conversations, from wherever: shown at once, sent, told, and taken back when it is refused. */

import { type BulkFilter, type Conversation, type Progress, type RefusedItem } from '#lib/api/client.ts';
import type { Kind } from '#lib/api/kinds.ts';
import { problems } from '#lib/desk/problems.svelte.ts';
import { directory } from '#lib/directory/index.svelte.ts';
import { dayAndTime, t } from '#lib/i18n/index.ts';
import { conversations } from '#lib/live/conversations.svelte.ts';
import { session } from '#lib/session/session.svelte.ts';
import { announce, toasts } from '#lib/ui/toasts.svelte.ts';
import { inOrder } from './order.ts';
import { sendMany, sendOne, type Outcome } from './send.ts';
import { undo } from './undo.svelte.ts';
import { assumed, nameOf, waysBack, type Wish } from './wishes.ts';

export type { Wish } from './wishes.ts';

interface Run {
  name: string;
  progress: Progress | null;
}
interface Refusals {
  name: string;
  items: RefusedItem[];
  done: number;
}

const kinds: Partial<Record<Wish['kind'], Kind>> = {
  status: 'status',
  assign: 'assignment',
  add_label: 'label',
  remove_label: 'label',
  read: 'read',
  unread: 'read',
};
const watchers = new Set<(ids: string[], wish: Wish) => void>();
let running = $state.raw<Run | null>(null);
let refusals = $state.raw<Refusals | null>(null);

export const actions = {
  /** The one that takes long, and how far it is. */
  get running(): Run | null {
    return running;
  },
  /** What the last one for many could not do. */
  get refusals(): Refusals | null {
    return refusals;
  },
  forgetRefusals(): void {
    refusals = null;
  },

  /**
   * Does what is wished to these conversations: it shows at once, and a toast offers to take it back. Where it is
   * refused everything is as before and the desk says why. `quiet`: no toast (a mark that is set by reading, say).
   */
  async act(wish: Wish, ids: string[], options: { quiet?: boolean } = {}): Promise<boolean> {
    if (ids.length === 0) return true;
    const me = session.agent.id;
    const before = ids.flatMap((id) => conversations.get(id) ?? []);
    const takeBack = before.map((one) => conversations.assume(one.id, assumed(wish, one, me)));
    tell(ids, wish);
    const sent = inOrder(ids, () => send(wish, ids, me), kinds[wish.kind]);
    const withdraw = options.quiet ? () => undefined : offer(wish, before, ids, sent);
    try {
      const outcome = await sent;
      conversations.put(outcome.changed);
      if (outcome.refused.length > 0) {
        refusals = { name: nameOf(wish), items: outcome.refused, done: outcome.done };
        void conversations.refresh(outcome.refused.map((one) => one.id));
      }
      if (ids.length > 1) void conversations.refresh(ids.slice(0, 200));
      tell(ids, wish);
      return outcome.refused.length === 0;
    } catch (thrown) {
      withdraw();
      for (const one of takeBack) one();
      tell(ids, wish);
      const failed = { title: (count: number) => t(`actions.failed_${nameOf(wish)}`, { count }), count: ids.length };
      problems.show(failed, thrown, () => actions.act(wish, ids));
      return false;
    }
  },

  /** Does it to all that a filter stands for; nothing is shown before it is done. Throws Problem when it fails. */
  async actOnAll(wish: Wish, filter: BulkFilter): Promise<Outcome> {
    running = { name: nameOf(wish), progress: null };
    try {
      const outcome = await sendMany(wish, { filter }, session.agent.id, (progress) => {
        running = { name: nameOf(wish), progress };
      });
      if (outcome.refused.length > 0) {
        refusals = { name: nameOf(wish), items: outcome.refused, done: outcome.done };
      }
      toasts.show(told(wish, outcome.done));
      tell([], wish);
      return outcome;
    } finally {
      running = null;
    }
  },

  /**
   * Is told when something was wished, and again when it is done or taken back: lists look anew at these. No ids: it was
   * done to all that match.
   */
  onAct(watcher: (ids: string[], wish: Wish) => void): () => void {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },

  /** A team that is left out stays as it is. */
  assign: (ids: string[], agent_id: string | null, team_id?: string | null) =>
    actions.act({ kind: 'assign', agent_id, ...(team_id === undefined ? {} : { team_id }) }, ids),
  close: (ids: string[]) => actions.act({ kind: 'status', status: 'resolved' }, ids),
  reopen: (ids: string[]) => actions.act({ kind: 'status', status: 'open' }, ids),
  snooze: (ids: string[], until: string | null) => actions.act({ kind: 'status', status: 'snoozed', until }, ids),
  spam: (ids: string[], block?: 'sender' | 'domain') =>
    actions.act({ kind: 'status', status: 'spam', ...(block ? { block } : {}) }, ids),
  trash: (ids: string[]) => actions.act({ kind: 'status', status: 'trash' }, ids),
  markRead: (ids: string[], options?: { quiet?: boolean }) => actions.act({ kind: 'read' }, ids, options),
  markUnread: (ids: string[]) => actions.act({ kind: 'unread' }, ids),
  mute: (ids: string[]) => actions.act({ kind: 'mute' }, ids),
  unmute: (ids: string[]) => actions.act({ kind: 'unmute' }, ids),
  follow: (ids: string[]) => actions.act({ kind: 'follow' }, ids),
  unfollow: (ids: string[]) => actions.act({ kind: 'unfollow' }, ids),
};

function tell(ids: string[], wish: Wish): void {
  for (const watcher of watchers) watcher(ids, wish);
}

async function send(wish: Wish, ids: string[], me: string): Promise<Outcome> {
  const [only] = ids;
  if (ids.length === 1 && only) {
    return { matched: 1, done: 1, refused: [], changed: [await sendOne(wish, only, me)] };
  }
  // A few are done before anybody could read how far they are.
  const shows = ids.length > 100;
  if (shows) running = { name: nameOf(wish), progress: null };
  try {
    return await sendMany(wish, { ids }, me, (progress) => (running = { name: nameOf(wish), progress }));
  } finally {
    running = null;
  }
}

/** Says what is done, with a way back where there is one; gives what withdraws it. */
function offer(wish: Wish, before: Conversation[], ids: string[], sent: Promise<Outcome>): () => void {
  const text = told(wish, ids.length);
  announce(text);
  const back = waysBack(wish, before, session.agent.id);
  if (back.length === 0) return toasts.show(text);
  return undo.offer(text, () => {
    // What is still on its way is waited for, so that the two cannot overtake each other.
    void sent
      .catch(() => undefined)
      .then(() => Promise.all(back.map(([one, those]) => actions.act(one, those, { quiet: true }))))
      .then(() => announce(t('actions.undone')));
  });
}

/** What was done, in the agent's words. */
export function told(wish: Wish, count: number): string {
  const name = nameOf(wish);
  if (wish.kind === 'assign' && name === 'assign') {
    const whom = directory.agent(wish.agent_id)?.name ?? directory.team(wish.team_id ?? null)?.name ?? '';
    if (wish.agent_id === session.agent.id) return t('actions.done_assign_me', { count });
    return t('actions.done_assign', { count, whom });
  }
  if (wish.kind === 'status' && wish.status === 'snoozed' && wish.until) {
    return t('actions.done_snoozed_until', { count, until: dayAndTime(wish.until) });
  }
  if (wish.kind === 'status' && wish.block) return t(`actions.done_spam_${wish.block}`, { count });
  if (wish.kind === 'add_label' || wish.kind === 'remove_label') {
    return t(`actions.done_${name}`, { count, label: wish.label });
  }
  if (wish.kind === 'move') return t('actions.done_move', { count, inbox: directory.inbox(wish.inbox_id)?.name ?? '' });
  if (wish.kind === 'priority') {
    return t('actions.done_priority', { count, priority: t(`actions.priority_${wish.priority}`) });
  }
  return t(`actions.done_${name}`, { count });
}
