import { describe, expect, it } from 'vitest';
import { memberIds, membersOfAll } from './members.ts';

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
