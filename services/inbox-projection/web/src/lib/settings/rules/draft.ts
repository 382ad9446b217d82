/** A rule as its form has it, and what keeps it from being saved; pure. */

import type { RuleInput, RuleOutput } from '#lib/api/client.ts';
import { controlOf, newTest } from './facts.ts';
import { depthOf, group, leaf, leavesOf, MAX_DEPTH, meant, shown, type Group } from './tree.ts';

export type Action = RuleOutput['then'][number];

export interface RuleDraft {
  id: string;
  name: string;
  when: Group;
  then: { key: number; action: Action }[];
  stop: boolean;
  enabled: boolean;
}

/** What is wrong: with the comparison or action of this key, or with the whole (`name`, `then`, `depth`). */
export type Faults = Map<number | 'name' | 'then' | 'depth', 'empty' | 'choose' | 'pattern' | 'too_deep'>;

export function draftOf(rule: RuleOutput): RuleDraft {
  let key = 0;
  const { id, name, when, then, stop, enabled } = rule;
  return { id, name, when: shown(when), then: then.map((action) => ({ key: (key += 1), action })), stop, enabled };
}

export function newDraft(id: string): RuleDraft {
  return { id, name: '', when: group('all', [leaf(newTest())]), then: [], stop: false, enabled: true };
}

export function ruleOf(draft: RuleDraft): RuleInput {
  const { id, name, when, then, stop, enabled } = draft;
  const actions = then.map(({ action }) => action);
  return {
    id,
    name: name.trim(),
    trigger: 'message_received',
    when: meant(when),
    then: actions,
    stop,
    enabled,
  } as RuleInput;
}

export function faultsOf(draft: RuleDraft): Faults {
  const found: Faults = new Map();
  if (!draft.name.trim()) found.set('name', 'empty');
  if (draft.then.length === 0) found.set('then', 'empty');
  if (depthOf(meant(draft.when)) > MAX_DEPTH) found.set('depth', 'too_deep');
  for (const { key, test } of leavesOf(draft.when)) {
    const control = controlOf(test.fact, test.operator);
    const { value } = test;
    if (control === 'many' && (!Array.isArray(value) || value.length === 0)) found.set(key, 'empty');
    if (control === 'one' && (value === '' || value === null || value === undefined)) found.set(key, 'choose');
    const mayBeEmpty = test.operator === 'is' || test.operator === 'is_not';
    if (control === 'text' && !mayBeEmpty && !String(value ?? '').trim()) found.set(key, 'empty');
    if (control === 'number' && typeof value !== 'number') found.set(key, 'empty');
  }
  for (const { key, action } of draft.then) {
    if (action.kind === 'assign_team' && !action.team_id) found.set(-key, 'choose');
    if (action.kind === 'assign_agent' && !action.agent_id) found.set(-key, 'choose');
    if (action.kind === 'add_labels' && action.labels.length === 0) found.set(-key, 'empty');
  }
  return found;
}

/** An id for a rule: a random UUID (version 4, RFC 9562), also where the page has no secure origin. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
