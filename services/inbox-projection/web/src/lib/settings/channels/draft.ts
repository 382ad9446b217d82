/** The settings of a channel as its form has them, and what of them the API is asked to change; pure. */

import type { ChannelSettingsChange, Routing, TicketAutomation } from '#lib/api/client.ts';
import type { Channel } from '#lib/settings/shapes.ts';
import { same } from '../same.ts';
import { imapAsked, imapDraft, smtpAsked, smtpDraft, type ImapDraft, type ServerDraft } from './servers.ts';

export interface RoutingDraft {
  /** `inbox`: round the inbox's first team, as it is unless somebody says otherwise. */
  kind: Routing['kind'] | 'inbox';
  agent_ids: string[];
  team_id: string;
}

export interface ChannelDraft {
  from_name: string;
  authserv_id: string;
  routing: RoutingDraft;
  acknowledgement: { on: boolean; text: string; when: 'always' | 'outside_hours' };
  tickets: { on: boolean; pipeline_id: string; stage: string; priority: TicketAutomation['priority']; owner: string };
  imap: ImapDraft | null;
  smtp: ServerDraft | null;
}

export function draftOf(channel: Channel, firstPipeline: string): ChannelDraft {
  const { from_name, authserv_id, routing, acknowledgement, ticket_automation, imap, smtp } = channel.settings;
  return {
    from_name,
    authserv_id,
    routing: routing
      ? { kind: routing.kind, agent_ids: [...routing.agent_ids], team_id: routing.team_id ?? '' }
      : { kind: 'inbox', agent_ids: [], team_id: '' },
    acknowledgement: {
      on: acknowledgement !== null && acknowledgement.when !== 'never',
      text: acknowledgement?.text ?? '',
      when: acknowledgement?.when === 'outside_hours' ? 'outside_hours' : 'always',
    },
    tickets: {
      on: ticket_automation !== null,
      pipeline_id: ticket_automation?.pipeline_id ?? firstPipeline,
      stage: ticket_automation?.stage ?? '',
      priority: ticket_automation?.priority ?? 'normal',
      owner: ticket_automation?.owner ?? '',
    },
    imap: imap && imapDraft(imap),
    smtp: smtp && smtpDraft(smtp),
  };
}

/** Only what differs; a server's password only where a new one was typed. */
export function changeOf(before: ChannelDraft, now: ChannelDraft): ChannelSettingsChange {
  const change: ChannelSettingsChange = {};
  if (now.from_name !== before.from_name) change.from_name = now.from_name;
  if (now.authserv_id !== before.authserv_id) change.authserv_id = now.authserv_id;
  if (!same(now.routing, before.routing)) change.routing = routingAsked(now.routing);
  if (!same(now.acknowledgement, before.acknowledgement)) change.acknowledgement = acknowledged(now.acknowledgement);
  if (!same(now.tickets, before.tickets)) change.ticket_automation = automated(now.tickets);
  if (!same(now.imap, before.imap)) change.imap = now.imap && imapAsked(now.imap);
  if (!same(now.smtp, before.smtp)) change.smtp = now.smtp && smtpAsked(now.smtp);
  return change;
}

/** What keeps the routing from being saved; empty: nothing. */
export function routingFault({ kind, agent_ids, team_id }: RoutingDraft): '' | 'agents' | 'team' {
  if (kind === 'agents' && agent_ids.length === 0) return 'agents';
  return kind === 'team' && !team_id ? 'team' : '';
}

function routingAsked({ kind, agent_ids, team_id }: RoutingDraft): ChannelSettingsChange['routing'] {
  if (kind === 'inbox') return null;
  return {
    kind,
    agent_ids: kind === 'agents' ? agent_ids : [],
    team_id: kind === 'nobody' ? null : team_id || null,
  };
}

/** Switched off, a text is kept for another time. */
function acknowledged({ on, text, when }: ChannelDraft['acknowledgement']): ChannelSettingsChange['acknowledgement'] {
  return text.trim() ? { text, when: on ? when : 'never' } : null;
}

function automated({ on, pipeline_id, stage, priority, owner }: ChannelDraft['tickets']) {
  return on ? { pipeline_id, stage: stage || null, priority, owner: owner || null } : null;
}
