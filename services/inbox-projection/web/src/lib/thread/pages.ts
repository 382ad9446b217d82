/** Pages of a thread put together: what is read again takes the place of what was known; pure. */

import type { Message } from '#lib/api/client.ts';

export interface Known {
  /** Oldest first. */
  lines: Message[];
  /** Where the lines before the first one are read; null: there are none. */
  older: string | null;
}

const UNSETTLED = new Set(['scheduled', 'queued', 'sending', 'unknown', 'failed']);
const LEAST = 50;
const MOST = 200;

/** The thread after its end was read again; `older` is where the page begins. Lines that did not change stay the same objects. */
export function joined(known: Known, page: Message[], older: string | null): Known {
  const first = page[0];
  const before = new Map(known.lines.map((one) => [one.id, one]));
  const fresh = page.map((one) => same(before.get(one.id), one));
  if (!first) return { lines: fresh, older };
  const place = known.lines.findIndex((one) => one.id === first.id);
  // What begins before all that is known, or leaves a hole behind it, stands for itself.
  if (place < 0) return { lines: fresh, older };
  return { lines: [...known.lines.slice(0, place), ...fresh], older: known.older };
}

/** The thread with the page before its first line. */
export function prepended(known: Known, page: Message[], older: string | null): Known {
  const there = new Set(known.lines.map((one) => one.id));
  return { lines: [...page.filter((one) => !there.has(one.id)), ...known.lines], older };
}

/** With one line that a write answered, in its place or at the end. */
export function withLine(known: Known, line: Message): Known {
  const place = known.lines.findIndex((one) => one.id === line.id);
  const lines = place < 0 ? [...known.lines, line] : known.lines.with(place, line);
  return { ...known, lines };
}

/** So many lines from the end have all whose delivery may still change. */
export function unsettledDepth(lines: Message[]): number {
  const first = lines.findIndex((one) => one.delivery && UNSETTLED.has(one.delivery.state));
  const depth = first < 0 ? 0 : lines.length - first;
  return Math.min(MOST, Math.max(LEAST, depth));
}

/** The sequence of the newest line that somebody wrote; 0: nobody did. */
export function spokenUpTo(lines: Message[]): number {
  return lines.reduce((most, one) => (one.kind === 'activity' ? most : Math.max(most, one.sequence)), 0);
}

/** What others than `me` wrote after a sequence: what an answer that is being written does not know of; null: anybody. */
export function newerThan(lines: Message[], sequence: number, me: string | null): Message[] {
  return lines.filter(
    (one) => one.kind !== 'activity' && one.sequence > sequence && (me === null || one.author.id !== me),
  );
}

function same(before: Message | undefined, now: Message): Message {
  return before && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
