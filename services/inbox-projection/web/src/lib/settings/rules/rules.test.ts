import { describe, expect, it } from 'vitest';
import type { RuleOutput, Test } from '#lib/api/client.ts';
import { differences } from './differences.ts';
import { draftOf, faultsOf, newDraft, newId, ruleOf } from './draft.ts';
import { changed, controlOf, FACTS, NAMES, newTest, operatorsOf } from './facts.ts';
import { wholeRule } from './whole.ts';
import { depthOf, isGroup, leavesOf, meant, shown, type Condition } from './tree.ts';

const subject: Test = { kind: 'test', fact: 'message.subject', operator: 'contains', value: 'order' };
const known: Test = { kind: 'test', fact: 'contact.known', operator: 'is', value: true };

describe('facts', () => {
  it('compare by at least one operator each, and a fresh test is one of them', () => {
    for (const fact of NAMES) expect(operatorsOf(fact).length).toBeGreaterThan(0);
    expect(operatorsOf(newTest().fact)).toContain(newTest().operator);
  });

  it('keep a value that still fits when the fact changes, and no other', () => {
    expect(changed(subject, { fact: 'message.text' })).toMatchObject({ operator: 'contains', value: 'order' });
    expect(changed(subject, { fact: 'contact.known' })).toEqual(known);
    expect(changed(subject, { fact: 'conversation.inbox_id' })).toMatchObject({ operator: 'is', value: '' });
    expect(changed(subject, { operator: 'in' })).toMatchObject({ value: ['order'] });
    expect(changed(subject, { fact: 'time.hour' })).toMatchObject({ operator: 'is', value: 0 });
  });

  it('keep an operator that is there although it is not offered', () => {
    expect(operatorsOf('contact.known', 'exists')).toContain('exists');
    expect(controlOf('contact.known', 'exists')).toBe('flag');
    expect(FACTS['time.weekday'].choices).toBe('weekday');
  });
});

describe('the tree', () => {
  const trees: Condition[] = [
    { kind: 'all', of: [subject, { kind: 'any', of: [known, { kind: 'not', of: { kind: 'any', of: [subject] } }] }] },
    { kind: 'not', of: { kind: 'all', of: [subject, known] } },
    { kind: 'any', of: [] },
  ];
  it.each(trees)('comes back as it was', (tree) => {
    expect(meant(shown(tree))).toEqual(tree);
  });

  it('puts a single comparison into a group, and a negated one into one of none', () => {
    expect(meant(shown(subject))).toEqual({ kind: 'all', of: [subject] });
    expect(meant(shown({ kind: 'not', of: subject }))).toEqual({ kind: 'not', of: { kind: 'any', of: [subject] } });
  });

  it('counts its levels and comparisons', () => {
    expect(depthOf(trees[0] as Condition)).toBe(5);
    expect(leavesOf(shown(trees[0] as Condition))).toHaveLength(3);
    expect(isGroup(shown(subject))).toBe(true);
  });
});

it('has what the API leaves out', () => {
  const bare = { id: 'r', name: 'R', when: subject, then: [{ kind: 'open_ticket' }] } as unknown as RuleOutput;
  expect(wholeRule(bare)).toMatchObject({
    stop: false,
    enabled: true,
    then: [{ kind: 'open_ticket', priority: 'normal' }],
  });
});

describe('a rule', () => {
  const rule = {
    id: newId(),
    name: 'Orders',
    trigger: 'message_received',
    when: { kind: 'all', of: [subject] },
    then: [{ kind: 'set_priority', priority: 'high' }],
    stop: true,
    enabled: true,
  } as RuleOutput;

  it('comes through its form unchanged', () => {
    expect(ruleOf(draftOf(rule))).toEqual(rule);
    expect(faultsOf(draftOf(rule)).size).toBe(0);
  });

  it('has an id that is a random UUID', () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('needs a name, something to happen, and values', () => {
    const draft = newDraft(newId());
    const faults = faultsOf(draft);
    expect(faults.get('name')).toBe('empty');
    expect(faults.get('then')).toBe('empty');
    expect([...faults.values()]).toHaveLength(3);
    draft.then = [{ key: 1, action: { kind: 'assign_team', team_id: '' } }];
    expect(faultsOf(draft).get(-1)).toBe('choose');
  });
});

it('tells what publishing changes', () => {
  const [one, two, three] = ['a', 'b', 'c'].map((id) => ({ id, name: id.toUpperCase() }));
  if (!one || !two || !three) throw new Error('three rules');
  expect(differences([one, two], [one, two])).toEqual([]);
  expect(differences([one, two], [{ ...two, name: 'New' }, three])).toEqual([
    { what: 'changed', name: 'New' },
    { what: 'added', name: 'C' },
    { what: 'removed', name: 'A' },
  ]);
  expect(differences([one, two], [two, one])).toEqual([{ what: 'order', name: '' }]);
});
