import { describe, expect, it } from 'vitest';
import { newestOf, tellsUpTo } from './telling.ts';
import { happened, line } from './testing.ts';

const agent = (id: string) => ({ kind: 'agent' as const, id, name: id, avatar_url: null });

describe('what somebody is told of', () => {
  it('is what others wrote, not what one wrote', () => {
    const said = [line('a', { sequence: 1 }), line('b', { sequence: 2, author: agent('me') })];
    expect(tellsUpTo(said, 'me')).toBe(1);
    expect(tellsUpTo([...said, line('c', { sequence: 3, kind: 'comment', author: agent('other') })], 'me')).toBe(3);
    expect(tellsUpTo([], 'me')).toBe(0);
  });

  it.each([
    ['new and nobody’s', 'ConversationRouted', {}, 5],
    ['routed to oneself', 'ConversationRouted', { agent_id: 'me' }, 5],
    ['routed to another', 'ConversationRouted', { agent_id: 'other' }, 1],
    ['assigned to oneself', 'ConversationAssigned', { agent_id: 'me' }, 5],
    ['assigned to another', 'ConversationAssigned', { agent_id: 'other' }, 1],
    ['awake again', 'SnoozeElapsed', {}, 5],
    ['labelled', 'LabelAdded', { label: 'x' }, 1],
  ])('%s', (_, type, details, upTo) => {
    const lines = [line('mail', { sequence: 1 }), happened('it', type, details, { sequence: 5 })];
    expect(tellsUpTo(lines, 'me')).toBe(upTo);
    expect(newestOf(lines)).toBe(5);
  });

  it('is nothing that one did oneself', () => {
    const taken = happened('it', 'ConversationAssigned', { agent_id: 'me' }, { sequence: 5, author: agent('me') });
    expect(tellsUpTo([taken], 'me')).toBe(0);
  });
});
