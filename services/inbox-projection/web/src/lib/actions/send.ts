/** Asks the API for what is wished, for one conversation or for many. */

import { api, asProblem, got, newKey, withProgress } from '#lib/api/client.ts';
import type { BulkFilter, BulkResult, Conversation, Progress, RefusedItem } from '#lib/api/client.ts';
import { assignment, bulkCommand, type Wish } from './wishes.ts';

export interface Outcome {
  matched: number;
  done: number;
  refused: RefusedItem[];
  /** As they are now, where the API says so. */
  changed: Conversation[];
}

/** Does it for one. Throws Problem when it is refused. */
export function sendOne(wish: Wish, id: string, me: string): Promise<Conversation> {
  const path = { conversation_id: id };
  switch (wish.kind) {
    case 'assign': {
      const body = assignment(wish);
      return got(api.PUT('/api/v1/conversations/{conversation_id}/assignment', { params: { path }, body }));
    }
    case 'status': {
      const { status, until, block } = wish;
      const body = { status, ...(until ? { until } : {}), ...(block ? { block } : {}) };
      return got(api.PUT('/api/v1/conversations/{conversation_id}/status', { params: { path }, body }));
    }
    case 'add_label':
      return got(
        api.PUT('/api/v1/conversations/{conversation_id}/labels/{label}', {
          params: { path: { ...path, label: wish.label } },
        }),
      );
    case 'remove_label':
      return got(
        api.DELETE('/api/v1/conversations/{conversation_id}/labels/{label}', {
          params: { path: { ...path, label: wish.label } },
        }),
      );
    case 'priority': {
      const body = { priority: wish.priority };
      return got(api.PUT('/api/v1/conversations/{conversation_id}/priority', { params: { path }, body }));
    }
    case 'move': {
      const body = { inbox_id: wish.inbox_id };
      return got(api.PUT('/api/v1/conversations/{conversation_id}/inbox', { params: { path }, body }));
    }
    case 'read': {
      const body = { sequence: 2 ** 31 - 1 };
      return got(api.PUT('/api/v1/conversations/{conversation_id}/read', { params: { path }, body }));
    }
    case 'unread':
      return got(api.DELETE('/api/v1/conversations/{conversation_id}/read', { params: { path } }));
    case 'mute':
      return got(api.PUT('/api/v1/conversations/{conversation_id}/mute', { params: { path } }));
    case 'unmute':
      return got(api.DELETE('/api/v1/conversations/{conversation_id}/mute', { params: { path } }));
    case 'follow':
    case 'unfollow': {
      const params = { path: { ...path, agent_id: me } };
      const place = '/api/v1/conversations/{conversation_id}/followers/{agent_id}';
      return got(wish.kind === 'follow' ? api.PUT(place, { params }) : api.DELETE(place, { params }));
    }
  }
}

/** Does it for all of them; what the API takes for one only is asked one by one. Throws Problem when it fails whole. */
export async function sendMany(
  wish: Wish,
  which: { ids: string[] } | { filter: BulkFilter },
  me: string,
  onProgress?: (progress: Progress) => void,
): Promise<Outcome> {
  const command = bulkCommand(wish);
  if (command) {
    const found = await got(
      api.POST('/api/v1/conversations/bulk', {
        body: { ...which, command, dry_run: false },
        headers: { 'Idempotency-Key': newKey() },
        ...(onProgress ? { fetch: withProgress(onProgress) } : {}),
      }),
    );
    return { ...(found as BulkResult), changed: [] };
  }
  if (!('ids' in which)) throw new Error('this can be wished for single conversations only');
  const outcome: Outcome = { matched: which.ids.length, done: 0, refused: [], changed: [] };
  for (const id of which.ids) {
    try {
      outcome.changed.push(await sendOne(wish, id, me));
      outcome.done += 1;
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.status < 400 || problem.status >= 500) throw thrown;
      outcome.refused.push({ id, reason: problem.code });
    }
    onProgress?.({ handled: outcome.done + outcome.refused.length, total: which.ids.length });
  }
  return outcome;
}

/** How many a filter stands for. */
export async function matching(wish: Wish, filter: BulkFilter): Promise<number> {
  const command = bulkCommand(wish);
  if (!command) throw new Error('this can be wished for single conversations only');
  const found = await got(api.POST('/api/v1/conversations/bulk', { body: { filter, command, dry_run: true } }));
  return found.matched;
}
