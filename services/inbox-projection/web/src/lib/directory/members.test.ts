import { describe, expect, it } from 'vitest';
import { memberIds, membersOfAll, teamsForAll, whoSeesAll } from './members.ts';

const teams = [
  { id: 'first', member_ids: ['ada', 'bob'] },
  { id: 'other', member_ids: ['eve'] },
];
const agents = ['ada', 'bob', 'eve', 'zoe'].map((id) => ({ id }));
const ids = (those: { id: string }[]) => those.map((one) => one.id);

describe('who belongs to an inbox', () => {
  it('are its members and those of its teams, each once', () => {
    expect([...memberIds({ member_ids: ['zoe', 'ada'], team_ids: ['first', 'gone'] }, teams)]).toEqual([
      'zoe',
      'ada',
      'bob',
    ]);
  });

  it('can take a conversation of several inboxes where they belong to all, in whatever way', () => {
    const byTeam = { member_ids: [], team_ids: ['first'] };
    const byName = { member_ids: ['bob', 'eve'], team_ids: [] };
    expect(ids(membersOfAll([byTeam], agents, teams))).toEqual(['ada', 'bob']);
    expect(ids(membersOfAll([byTeam, byName], agents, teams))).toEqual(['bob']);
    expect(ids(membersOfAll([], agents, teams))).toEqual(['ada', 'bob', 'eve', 'zoe']);
  });
});

describe('who can be given a conversation', () => {
  const team = [
    ...agents.map((one) => ({ ...one, role: 'agent' as const })),
    { id: 'root', role: 'administrator' as const },
  ];
  const support = { member_ids: ['zoe'], team_ids: ['first'] };
  const sales = { member_ids: ['bob'], team_ids: ['other'] };

  it('belongs to the inboxes of all that are chosen, or is an administrator', () => {
    expect(ids(whoSeesAll([support], team, teams))).toEqual(['ada', 'bob', 'zoe', 'root']);
    expect(ids(whoSeesAll([support, sales], team, teams))).toEqual(['bob', 'root']);
  });

  it('is a team that serves them, or of which somebody sees them', () => {
    const more = [...teams, { id: 'nobody', member_ids: [] }, { id: 'bosses', member_ids: ['root'] }];
    expect(ids(teamsForAll([support], team, more))).toEqual(['first', 'bosses']);
    expect(ids(teamsForAll([sales], team, more))).toEqual(['first', 'other', 'bosses']);
    expect(ids(teamsForAll([support, sales], team, more))).toEqual(['first', 'bosses']);
    expect(ids(teamsForAll([{ member_ids: [], team_ids: ['nobody'] }], team, more))).toEqual(['nobody', 'bosses']);
  });
});
