/** What is asked before something is done: which dialog is open, and for which conversations. */

import type { BulkFilter } from '#lib/api/client.ts';
import { actions, type Wish } from './index.svelte.ts';

export type Question = 'assign' | 'snooze' | 'label' | 'priority' | 'move' | 'merge' | 'spam';
/** These conversations, or all that a filter stands for. */
export type Target = { ids: string[] } | { filter: BulkFilter };

let question = $state.raw<{ name: Question; target: Target } | null>(null);
let confirming = $state.raw<{ wish: Wish; filter: BulkFilter } | null>(null);

export const asking = {
  get now(): { name: Question; target: Target } | null {
    return question;
  },
  /** A wish for all that match waits for the agent's word. */
  get confirming(): { wish: Wish; filter: BulkFilter } | null {
    return confirming;
  },

  open(name: Question, target: Target): void {
    if ('ids' in target && target.ids.length === 0) return;
    question = { name, target };
  },
  close(): void {
    question = null;
  },
  closeConfirmation(): void {
    confirming = null;
  },

  /** The ids of the question's conversations; none where it is about all that match. */
  get ids(): string[] {
    return question && 'ids' in question.target ? question.target.ids : [];
  },

  /** The answer to the question that is open. */
  answer(wish: Wish): void {
    const asked = question;
    question = null;
    if (asked) asking.wish(wish, asked.target);
  },

  /** Does it to what is meant; all that match only after a confirmation with their number. */
  wish(wish: Wish, target: Target): void {
    if ('filter' in target) confirming = { wish, filter: target.filter };
    else void actions.act(wish, target.ids);
  },
};
