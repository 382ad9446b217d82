/** What happened in a conversation, as a key of the catalogue with its values; pure. */

import type { Message } from '#lib/api/client.ts';

export interface Told {
  key: string;
  values: Record<string, string | number>;
}

/** How things are called; empty: nobody knows (any more). */
export interface Names {
  agent: (id: string | null) => string;
  team: (id: string | null) => string;
  inbox: (id: string | null) => string;
  list: (words: string[]) => string;
  when: (at: string) => string;
  priority: (name: string) => string;
}

interface Details {
  reason?: string;
  rules?: { name: string; outcome: string }[];
  agent_id?: string | null;
  team_id?: string | null;
  inbox_id?: string;
  label?: string;
  priority?: string;
  until?: string | null;
  number?: number;
  merged?: [string, number][] | { id: string; number: number }[];
  filter_id?: string | null;
}

const PLAIN: Record<string, string> = {
  ConversationStarted: 'started',
  ConversationUnassigned: 'unassigned',
  ConversationResolved: 'closed',
  SnoozeElapsed: 'woke',
  ConversationTrashed: 'trashed',
  PersonalDataErased: 'erased',
  ConversationContactChanged: 'contact_changed',
  ConversationMuted: 'muted',
  ConversationUnmuted: 'unmuted',
  SuggestedLinkRefused: 'link_refused',
  TrashElapsed: 'trash_elapsed',
};

/** Never fails: what a newer server tells and nobody here knows is told by its type. */
export function activityOf(line: Message, names: Names): Told {
  const type = line.activity?.type ?? '';
  const details = (line.activity?.details ?? {}) as Details;
  const plain = PLAIN[type];
  if (plain) return told(plain);
  switch (type) {
    case 'ConversationRouted':
      return routed(details, names);
    case 'ConversationAssigned':
      return assigned(details, line, names);
    case 'ConversationReopened':
      return told(`reopened_${details.reason ?? 'agent'}`);
    case 'ConversationSnoozed':
      return details.until ? told('snoozed_until', { until: names.when(details.until) }) : told('snoozed');
    case 'MarkedAsSpam':
      return told(details.filter_id ? 'spam_by_filter' : 'spam');
    case 'LabelAdded':
      return told('label_added', { label: details.label ?? '' });
    case 'LabelRemoved':
      return told('label_removed', { label: details.label ?? '' });
    case 'PriorityChanged':
      return told('priority', { priority: names.priority(details.priority ?? 'normal') });
    case 'SubjectChanged':
      return line.subject ? told('renamed', { subject: line.subject }) : told('renamed_erased');
    case 'ConversationMoved':
      return told('moved', { inbox: names.inbox(details.inbox_id ?? null) });
    case 'ConversationsMerged':
      return told('merged', { numbers: names.list(numbersOf(details).map((one) => `#${one}`)) });
    case 'ConversationMergedInto':
      return told('merged_into', { number: details.number ?? 0 });
    case 'ConversationFollowedUp':
      return told('followed_up', { number: details.number ?? 0 });
    default:
      return told('other', { type });
  }
}

function routed(details: Details, names: Names): Told {
  const rules = (details.rules ?? []).filter((one) => one.outcome === 'matched').map((one) => one.name);
  const agent = details.agent_id ? names.agent(details.agent_id) : '';
  const team = details.team_id ? names.team(details.team_id) : '';
  const values = { agent, team, rules: names.list(rules), count: rules.length };
  if (rules.length > 0 && details.reason === 'rule') {
    return told(agent ? 'by_rule_agent' : team ? 'by_rule_team' : 'by_rule', values);
  }
  const reason = details.reason ?? '';
  if (agent) return told(AGENT_REASONS.has(reason) ? `agent_${reason}` : 'agent_other', values);
  if (team) return told('waits_in_team', values);
  return told('with_nobody', values);
}

const AGENT_REASONS = new Set([
  'inbox_team',
  'channel_agents',
  'channel_team',
  'last_agent',
  'returned_to_agent',
  'agent_left',
  'team_left',
  'agent_came_back',
  'capacity_freed',
]);

function assigned(details: Details, line: Message, names: Names): Told {
  const agent = names.agent(details.agent_id ?? null);
  const team = names.team(details.team_id ?? null);
  if (details.agent_id && details.agent_id === line.author.id) return told('took');
  if (agent && team) return told('assigned_both', { agent, team });
  if (agent) return told('assigned', { agent });
  return told('assigned_team', { team });
}

function numbersOf(details: Details): number[] {
  return (details.merged ?? []).map((one) => (Array.isArray(one) ? one[1] : one.number));
}

function told(name: string, values: Record<string, string | number> = {}): Told {
  return { key: `activity.${name}`, values };
}
