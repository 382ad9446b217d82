import { describe, expect, it } from 'vitest';
import { conversation } from './testing.ts';
import { assumed, bulkCommand, inverse, waysBack } from './wishes.ts';

const ME = 'agent-me';

describe('a wish', () => {
  it('shows what it will make of a conversation', () => {
    expect(assumed({ kind: 'status', status: 'resolved' }, conversation(), ME).status).toBe('resolved');
    expect(assumed({ kind: 'follow' }, conversation(), ME).follower_ids).toEqual([ME]);
    expect(assumed({ kind: 'add_label', label: 'VIP' }, conversation({ labels: ['vip'] }), ME)).toEqual({});
  });

  it('leaves the team where only the agent is wished', () => {
    const change = assumed({ kind: 'assign', agent_id: ME }, conversation({ team_id: 't1' }), ME);
    expect(change).toEqual({ assignee_id: ME });
  });

  it('is taken back to what was before', () => {
    const before = conversation({
      status: 'snoozed',
      snoozed_until: '2026-12-01T08:00:00Z',
      assignee_id: 'a',
      team_id: 't',
    });
    expect(inverse({ kind: 'status', status: 'resolved' }, before, ME)).toEqual({
      kind: 'status',
      status: 'snoozed',
      until: '2026-12-01T08:00:00Z',
    });
    expect(inverse({ kind: 'assign', agent_id: ME }, before, ME)).toEqual({
      kind: 'assign',
      agent_id: 'a',
      team_id: 't',
    });
  });

  it('that changes nothing has nothing to take back', () => {
    expect(inverse({ kind: 'add_label', label: 'vip' }, conversation({ labels: ['VIP'] }), ME)).toBeNull();
    expect(inverse({ kind: 'status', status: 'open' }, conversation(), ME)).toBeNull();
  });

  it('gives the same way back to those that were alike', () => {
    const before = [
      conversation({ id: 'a' }),
      conversation({ id: 'b', status: 'snoozed' }),
      conversation({ id: 'c' }),
      conversation({ id: 'd', status: 'resolved' }),
    ];
    const back = waysBack({ kind: 'status', status: 'resolved' }, before, ME);
    expect(back.map(([, ids]) => ids)).toEqual([['a', 'c'], ['b']]);
  });

  it('leaves each its own team where only an agent is wished', () => {
    const kept = { type: 'assignment', agent_id: ME, team_id: null, keep_team: true };
    expect(bulkCommand({ kind: 'assign', agent_id: ME })).toEqual(kept);
    expect(bulkCommand({ kind: 'assign', agent_id: ME, team_id: null })).toEqual({ ...kept, keep_team: false });
    const moved = { type: 'assignment', agent_id: ME, team_id: 't1', keep_team: false };
    expect(bulkCommand({ kind: 'assign', agent_id: ME, team_id: 't1' })).toEqual(moved);
  });

  it('for many says whom spam blocks, and who is muted', () => {
    const blocking = { type: 'status', status: 'spam', block: 'domain' };
    expect(bulkCommand({ kind: 'status', status: 'spam', block: 'domain' })).toEqual(blocking);
    expect(bulkCommand({ kind: 'status', status: 'spam' })).toEqual({ type: 'status', status: 'spam' });
    expect(bulkCommand({ kind: 'mute' })).toEqual({ type: 'mute' });
    expect(bulkCommand({ kind: 'unmute' })).toEqual({ type: 'unmute' });
    expect(bulkCommand({ kind: 'follow' })).toBeNull();
  });
});
