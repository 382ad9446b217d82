/** How agents, teams, inboxes and people of a thread are called. */

import type { Conversation, Message } from '#lib/api/client.ts';
import { directory } from '#lib/directory/index.svelte.ts';
import { dayAndTime, list, t } from '#lib/i18n/index.ts';
import type { Names } from './activity.ts';

export const names: Names = {
  agent: (id) => (id ? (directory.agent(id)?.name ?? t('thread.former_agent')) : ''),
  team: (id) => (id ? (directory.team(id)?.name ?? t('thread.former_team')) : ''),
  inbox: (id) => directory.inbox(id)?.name ?? t('thread.another_inbox'),
  list,
  when: dayAndTime,
  priority: (name) => t(`thread.priority_${name}`),
};

/** Who wrote a line or did it; an erased person has no name. */
export function authorOf(line: Message): string {
  if (line.author.kind === 'system') return t('thread.postroom');
  if (line.author.kind === 'rule') return t('thread.a_rule');
  const own = line.direction === 'in' ? line.from?.name || line.from?.address : '';
  return own || line.author.name || line.from?.name || line.from?.address || t('thread.erased_person');
}

/** An address as people read it. */
export const addressed = (one: { name: string; address: string }): string =>
  one.name ? `${one.name} <${one.address}>` : one.address;

/** Whose conversation it is, and where it lies. */
export function aboutOf(one: Conversation): string {
  const { name, handle } = one.contact;
  const person = [name || handle || t('thread.erased_person'), name ? handle : ''];
  return [...person, directory.inbox(one.inbox_id)?.name].filter(Boolean).join(' · ');
}
