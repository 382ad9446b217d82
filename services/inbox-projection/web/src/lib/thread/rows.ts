/** How a thread is shown: its lines, with long runs of activity folded, and days between them; pure. */

import type { Message } from '#lib/api/client.ts';

export type ThreadRow =
  | { kind: 'line'; id: string; line: Message }
  | { kind: 'fold'; id: string; lines: Message[] }
  | { kind: 'day'; id: string; at: string };

const SHOWN = 1;
const LONGEST = 2;

/** Rows in order; `dayOf` says on which day an instant lies for the agent. */
export function rowsOf(lines: Message[], dayOf: (at: string) => string): ThreadRow[] {
  const rows: ThreadRow[] = [];
  let day = '';
  let run: Message[] = [];
  const flush = () => {
    const folded = run.length > LONGEST ? run.slice(0, -SHOWN) : [];
    if (folded[0]) rows.push({ kind: 'fold', id: `fold-${folded[0].id}`, lines: folded });
    for (const line of run.slice(folded.length)) rows.push({ kind: 'line', id: line.id, line });
    run = [];
  };
  for (const line of lines) {
    const of = dayOf(line.sent_at);
    if (of !== day) {
      flush();
      day = of;
      rows.push({ kind: 'day', id: `day-${line.id}`, at: line.sent_at });
    }
    if (line.kind === 'activity') run.push(line);
    else {
      flush();
      rows.push({ kind: 'line', id: line.id, line });
    }
  }
  flush();
  return rows;
}

/** The decision that a line came of: its own, or the newest before it where a rule acted. */
export function decisionOf(line: Message, lines: Message[]): string | null {
  if (line.activity?.type === 'ConversationRouted') return line.id;
  if (line.author.kind !== 'rule') return null;
  const place = lines.findIndex((one) => one.id === line.id);
  return lines.slice(0, place).findLast((one) => one.activity?.type === 'ConversationRouted')?.id ?? null;
}
