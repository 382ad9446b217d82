/** Which lines of a thread somebody is told of, so that seeing them is reading what the bell says of them; pure. */

import type { Message } from '#lib/api/client.ts';

/** The sequence of the newest line that others wrote, or that gave it to the agent or back to everybody; 0: none did. */
export function tellsUpTo(lines: Message[], me: string): number {
  return newestOf(lines.filter((one) => tells(one, me)));
}

/** The sequence of the newest line; 0: there is none. */
export const newestOf = (lines: Message[]): number => lines.reduce((most, one) => Math.max(most, one.sequence), 0);

/** `service_kit.notices` says of which events agents are told. */
function tells(line: Message, me: string): boolean {
  if (line.author.id === me) return false;
  if (line.kind !== 'activity') return true;
  const whose = line.activity?.details.agent_id ?? null;
  switch (line.activity?.type) {
    case 'ConversationRouted':
      return whose === null || whose === me;
    case 'ConversationAssigned':
      return whose === me;
    case 'SnoozeElapsed':
      return true;
    default:
      return false;
  }
}
