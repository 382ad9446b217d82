/** What fields of tickets may be chosen from, in the agent's words. */

import type { Pipeline, Ticket } from '#lib/api/client.ts';
import { directory } from '#lib/directory/index.svelte.ts';
import { t } from '#lib/i18n/index.ts';
import { PRIORITIES, stageName } from './pipelines.svelte.ts';

export const priorityChoices = () => PRIORITIES.map((value) => ({ value, label: t(`tickets.priority_${value}`) }));

/** Those who work here; whoever has the ticket, even if they left. */
export function assigneeChoices(now: string | null = null): { value: string; label: string }[] {
  const former = directory.agent(now);
  const all =
    directory.agents.some((one) => one.id === now) || !former ? directory.agents : [...directory.agents, former];
  return [{ value: '', label: t('tickets.nobody') }, ...all.map((one) => ({ value: one.id, label: one.name }))];
}

export const stageChoices = (pipeline: Pipeline | undefined, without: 'closed' | '' = '') =>
  (pipeline?.stages ?? [])
    .filter((one) => one.kind !== without)
    .map((one) => ({ value: one.id, label: stageName(one) }));

export const isPriority = (text: string): text is Ticket['priority'] =>
  (PRIORITIES as readonly string[]).includes(text);
