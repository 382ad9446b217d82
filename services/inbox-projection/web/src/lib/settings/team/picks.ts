/** Agents and teams as lists to choose from; pure. */

import type { Agent, Team } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import type { Pick } from '../Picker.svelte';

/** Active agents, and those who were chosen before they were deactivated. */
export function picks(agents: readonly Agent[], chosen: readonly string[]): Pick[] {
  return agents
    .filter((one) => !one.deactivated || chosen.includes(one.id))
    .map((one) => ({
      id: one.id,
      name: one.name,
      avatar: one.avatar_url ?? null,
      ...(one.deactivated ? { note: t('team.deactivated') } : {}),
    }));
}

export const teamPicks = (teams: readonly Team[]): Pick[] =>
  teams.map((one) => ({ id: one.id, name: one.name, note: t('team.count', { count: one.member_ids.length }) }));
