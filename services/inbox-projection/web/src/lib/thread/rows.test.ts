import { describe, expect, it } from 'vitest';
import { decisionOf, rowsOf } from './rows.ts';
import { happened, line } from './testing.ts';

const day = (at: string) => at.slice(0, 10);
const shape = (rows: { kind: string; id: string }[]) => rows.map((one) => `${one.kind}:${one.id}`);

describe('the rows of a thread', () => {
  it('begin each day once', () => {
    const rows = rowsOf([line('a'), line('b'), line('c', { sent_at: '2026-11-24T08:00:00Z' })], day);
    expect(shape(rows)).toEqual(['day:day-a', 'line:a', 'line:b', 'day:day-c', 'line:c']);
  });

  it('fold a long run of activity but for its end', () => {
    const run = ['1', '2', '3', '4', '5'].map((id) => happened(id, 'LabelAdded'));
    expect(shape(rowsOf([line('a'), ...run, line('b')], day))).toEqual([
      'day:day-a',
      'line:a',
      'fold:fold-1',
      'line:5',
      'line:b',
    ]);
  });

  it('leave a short run open', () => {
    const run = ['1', '2'].map((id) => happened(id, 'LabelAdded'));
    expect(rowsOf(run, day).filter((one) => one.kind === 'line')).toHaveLength(2);
  });
});

describe('why', () => {
  const routed = happened('r', 'ConversationRouted');
  const byRule = happened('l', 'LabelAdded', {}, { author: { kind: 'rule', id: 'x', name: '', avatar_url: null } });
  const byAda = happened('m', 'LabelAdded', {}, { author: { kind: 'agent', id: 'a', name: 'Ada', avatar_url: null } });

  it('is asked of a decision, and of what a rule did by it', () => {
    const lines = [routed, byRule, byAda];
    expect(lines.map((one) => decisionOf(one, lines))).toEqual(['r', 'r', null]);
  });
});
