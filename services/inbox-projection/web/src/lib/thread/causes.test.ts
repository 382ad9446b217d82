import { describe, expect, it } from 'vitest';
import { causeOf } from './causes.ts';
import { happened, line } from './testing.ts';

const by = (kind: 'agent' | 'contact' | 'rule') => ({ author: { kind, id: 'x', name: 'Ada', avatar_url: null } });

describe('the cause of an activity', () => {
  it.each([
    ['ConversationAssigned', {}, by('agent'), 'why.by_agent'],
    ['LabelAdded', {}, by('rule'), 'why.by_rule'],
    ['ConversationReopened', { reason: 'message' }, by('contact'), 'why.by_message'],
    ['ConversationReopened', { reason: 'reply_failed' }, {}, 'why.by_reply_failed'],
    ['ConversationReopened', { reason: 'reply_uncertain' }, {}, 'why.by_reply_uncertain'],
    ['ConversationReopened', { reason: 'agent' }, by('agent'), 'why.by_agent'],
    ['MarkedAsSpam', { filter_id: 'f' }, {}, 'why.by_filter'],
    ['SnoozeElapsed', {}, {}, 'why.by_time'],
  ])('%s %o is told', (type, details, given, told) => {
    expect(causeOf(happened('1', type, details, given))).toBe(told);
  });

  it('is not made up where nothing tells it, nor where a decision does', () => {
    expect(causeOf(happened('1', 'ConversationMuted'))).toBeNull();
    expect(causeOf(happened('1', 'ConversationRouted', {}, by('rule')))).toBeNull();
    expect(causeOf(line('1'))).toBeNull();
  });
});
