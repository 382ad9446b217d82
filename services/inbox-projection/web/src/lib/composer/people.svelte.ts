/** Who can be mentioned in an inbox: its members, and its teams. */

import { directory } from '#lib/directory/index.svelte.ts';
import { memberIds } from '#lib/directory/members.ts';
import { session } from '#lib/session/session.svelte.ts';
import type { Mentionable } from './mentions.ts';

export function mentionables(inboxId: string | null): Mentionable[] {
  const inbox = directory.inbox(inboxId);
  if (!inbox) return [];
  const teams = inbox.team_ids.flatMap((id) => directory.team(id) ?? []);
  const ids = memberIds(inbox, teams);
  const agents = directory.agents.filter((one) => ids.has(one.id) && one.id !== session.me?.id);
  return [
    ...agents.map((one) => ({ id: one.id, name: one.name, team: false })),
    ...teams.map((one) => ({ id: one.id, name: one.name, team: true })),
  ];
}
