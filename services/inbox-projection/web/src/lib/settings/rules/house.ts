/** What rules may name: teams, agents, inboxes, channels, pipelines, labels; read once for a page. */

import type { Agent, DefinedLabel, Pipeline, RuleInput, RuleOutput, Rules, Team } from '#lib/api/client.ts';
import { api, got } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import type { Channel, Inbox } from '#lib/settings/shapes.ts';
import { PRIORITIES } from '../priorities.ts';
import { readAgents, readInboxes, readLabels, readPipelines, readTeams } from '../read.ts';
import { DAYS } from '../inboxes/hours.ts';
import type { Choices } from './facts.ts';
import { wholeRules } from './whole.ts';

/** Kinds of the feed that say of any of it that it is otherwise. */
export const HOUSE = ['team', 'agent', 'inbox', 'channel', 'pipeline', 'label'] as const;

export interface House {
  teams: Team[];
  agents: Agent[];
  inboxes: Inbox[];
  channels: Channel[];
  pipelines: Pipeline[];
  labels: DefinedLabel[];
}

export const STATUSES = ['open', 'snoozed', 'resolved', 'spam', 'trash'] as const;

export const readRules = async (): Promise<Rules> => wholeRules(await got(api.GET('/api/v1/rules')));

/**
 * Puts these in the place of the draft of that version. Throws Problem `rules-invalid` for what could not work,
 * `rules-changed` where there is a newer draft.
 */
export const writeRules = async (rules: readonly RuleOutput[], version: string): Promise<Rules> =>
  wholeRules(await got(api.PUT('/api/v1/rules', { body: { rules: rules as RuleInput[], version } })));

/** Of the draft of that version; throws as `writeRules`. */
export const publishRules = async (version: string): Promise<Rules> =>
  wholeRules(await got(api.POST('/api/v1/rules/publish', { body: { version } })));

export async function readHouse(): Promise<House> {
  const [teams, agents, inboxes, pipelines, labels] = await Promise.all([
    readTeams(),
    readAgents(),
    readInboxes(),
    readPipelines(),
    readLabels(),
  ]);
  return { teams, agents, inboxes, channels: inboxes.flatMap((one) => one.channels), pipelines, labels };
}

/** What a value may be one of. */
export function choicesOf(choices: Choices, house: House): { value: string; label: string }[] {
  switch (choices) {
    case 'inbox':
      return house.inboxes.map((one) => ({ value: one.id, label: one.name }));
    case 'channel':
      return house.channels.map((one) => ({ value: one.id, label: one.settings.address }));
    case 'status':
      return STATUSES.map((value) => ({ value, label: t(`rules.status_${value}`) }));
    case 'priority':
      return PRIORITIES.map((value) => ({ value, label: t(`channels.priority_${value}`) }));
    case 'channel_kind':
      return [{ value: 'email', label: t('rules.kind_email') }];
    case 'weekday':
      return DAYS.map((day, index) => ({ value: String(index + 1), label: t(`inboxes.${day}`) }));
    case null:
      return [];
  }
}
