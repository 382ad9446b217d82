import { describe, expect, it } from 'vitest';
import { draftOf, ruleOf, type RuleDraft } from './rules/draft.ts';
import { wholeRule } from './rules/whole.ts';
import { merged } from './merged.ts';

const base = { name: 'Support', days: 7, teams: ['a'] };

describe('what two change at the same time', () => {
  it('is both, where they changed different things', () => {
    const mine = { ...base, name: 'Help' };
    const theirs = { ...base, teams: ['a', 'b'] };
    expect(merged(base, mine, theirs)).toEqual({
      value: { name: 'Help', days: 7, teams: ['a', 'b'] },
      contested: false,
    });
  });

  it('is mine, and contested, where both changed the same', () => {
    const mine = { ...base, days: 3 };
    const theirs = { ...base, days: 30 };
    expect(merged(base, mine, theirs)).toEqual({ value: mine, contested: true });
  });

  it('is not contested where both did the same', () => {
    const both = { ...base, teams: ['b'] };
    expect(merged(base, both, { ...both })).toEqual({ value: both, contested: false });
  });

  it('is theirs where nothing was changed here', () => {
    const theirs = { name: 'Office', days: 1, teams: [] };
    expect(merged(base, { ...base }, theirs)).toEqual({ value: theirs, contested: false });
  });

  it('is compared by what it means, however it is kept', () => {
    const rule = wholeRule({
      id: '1',
      name: 'Orders',
      trigger: 'message_received',
      when: { kind: 'all', of: [{ kind: 'test', fact: 'message.subject', operator: 'contains', value: 'order' }] },
      then: [{ kind: 'add_labels', labels: ['order'] }],
      stop: false,
      enabled: true,
    });
    const drafts: RuleDraft[] = [draftOf(rule), draftOf(rule), draftOf({ ...rule, name: 'All orders' })];
    const [was, here, there] = drafts as [RuleDraft, RuleDraft, RuleDraft];
    here.stop = true;
    const { value, contested } = merged(was, here, there, ruleOf);
    expect(ruleOf(value)).toEqual({ ...rule, name: 'All orders', stop: true });
    expect(contested).toBe(false);
  });
});
