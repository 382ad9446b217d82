/** How a reply of ours fares, as the ledger says, and what can be done about it; pure. */

import type { Message } from '#lib/api/client.ts';

export type Doing = 'cancel' | 'edit' | 'send_now' | 'retry' | 'arrived' | 'send_again';
export type Tone = 'neutral' | 'waiting' | 'done' | 'danger';

export interface Fare {
  /** Key of the catalogue under `delivery.`. */
  state: string;
  tone: Tone;
  /** Shown as a box with its text, not as a word only. */
  loud: boolean;
  doings: Doing[];
}

/** Null: nothing to say (a message that came in, a comment). */
export function fareOf(delivery: Message['delivery'], now: number): Fare | null {
  if (!delivery) return null;
  const { state, held, due_at } = delivery;
  if (state === 'scheduled' && held) {
    return {
      state: `held_${held.replace('-', '_')}`,
      tone: 'waiting',
      loud: true,
      doings: ['send_now', 'edit', 'cancel'],
    };
  }
  if (state === 'scheduled') {
    const soon = due_at !== null && new Date(due_at).getTime() - now < 60_000;
    return soon
      ? { state: 'undo', tone: 'neutral', loud: true, doings: ['edit', 'send_now'] }
      : { state: 'scheduled', tone: 'waiting', loud: true, doings: ['send_now', 'edit', 'cancel'] };
  }
  if (state === 'unknown') return { state, tone: 'waiting', loud: true, doings: ['arrived', 'send_again'] };
  if (state === 'failed') {
    return { state, tone: 'danger', loud: true, doings: delivery.can_retry ? ['retry', 'edit'] : ['edit'] };
  }
  if (state === 'sent' || state === 'delivered' || state === 'read')
    return { state, tone: 'done', loud: false, doings: [] };
  return { state, tone: 'neutral', loud: false, doings: state === 'queued' ? ['cancel'] : [] };
}

/** Whole seconds until then, at least 0. */
export function secondsUntil(at: string, now: number): number {
  return Math.max(0, Math.ceil((new Date(at).getTime() - now) / 1000));
}
