import { describe, expect, it } from 'vitest';
import en from '../i18n/en/activity.json';
import { activityOf, type Names } from './activity.ts';
import { happened } from './testing.ts';

const names: Names = {
  agent: (id) => (id ? 'Ada' : ''),
  team: (id) => (id ? 'Support' : ''),
  inbox: () => 'Sales',
  list: (words) => words.join(', '),
  when: (at) => at,
  priority: (name) => name,
};
const told = (type: string, details: Record<string, unknown> = {}, given = {}) =>
  activityOf(happened('x', type, details, given), names);

describe('what happened', () => {
  it('names the agent and the rule', () => {
    const details = {
      agent_id: 'a',
      reason: 'rule',
      rules: [
        { name: 'Orders', outcome: 'matched' },
        { name: 'VIP', outcome: 'not_matched' },
      ],
    };
    expect(told('ConversationRouted', details)).toEqual({
      key: 'activity.by_rule_agent',
      values: { agent: 'Ada', team: '', rules: 'Orders', count: 1 },
    });
  });

  it('says that it waits where nobody was given it', () => {
    expect(told('ConversationRouted', { team_id: 't', reason: 'inbox_team' }).key).toBe('activity.waits_in_team');
    expect(told('ConversationRouted', { reason: 'channel_nobody' }).key).toBe('activity.with_nobody');
  });

  it('says of whom takes a conversation that it was taken', () => {
    const ada = { author: { kind: 'agent' as const, id: 'a', name: 'Ada', avatar_url: null } };
    expect(told('ConversationAssigned', { agent_id: 'a', team_id: null }, ada).key).toBe('activity.took');
    expect(told('ConversationAssigned', { agent_id: 'b', team_id: null }, ada).key).toBe('activity.assigned');
  });

  it('numbers what was merged, however it is written', () => {
    expect(told('ConversationsMerged', { merged: [['id', 7]] }).values).toEqual({ numbers: '#7' });
    expect(told('ConversationsMerged', { merged: [{ id: 'id', number: 8 }] }).values).toEqual({ numbers: '#8' });
  });

  it('tells what a newer server did by its name', () => {
    expect(told('SomethingNew')).toEqual({ key: 'activity.other', values: { type: 'SomethingNew' } });
  });

  const reasons = [
    'inbox_team',
    'channel_agents',
    'channel_team',
    'last_agent',
    'returned_to_agent',
    'agent_left',
    'team_left',
    'agent_came_back',
    'capacity_freed',
    'new',
  ];
  it.each(reasons)('has words for an agent chosen by %s', (reason) => {
    expect(en).toHaveProperty([told('ConversationRouted', { agent_id: 'a', reason }).key.replace('activity.', '')]);
  });

  it.each([
    'ConversationStarted',
    'ConversationUnassigned',
    'ConversationResolved',
    'SnoozeElapsed',
    'MarkedAsSpam',
    'ConversationTrashed',
    'LabelAdded',
    'LabelRemoved',
    'PriorityChanged',
    'PersonalDataErased',
    'SubjectChanged',
    'ConversationContactChanged',
    'ConversationMoved',
    'ConversationsMerged',
    'ConversationMergedInto',
    'ConversationMuted',
    'ConversationUnmuted',
    'SuggestedLinkRefused',
    'ConversationFollowedUp',
    'TrashElapsed',
    'ConversationReopened',
    'ConversationSnoozed',
  ])('has words for %s', (type) => {
    expect(en).toHaveProperty([told(type).key.replace('activity.', '')]);
  });
});
