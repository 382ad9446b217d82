/** What rules can look at, how it is compared, and what a comparison's value may be; pure. */

import type { Test } from '#lib/api/client.ts';

export type Fact = Test['fact'];
export type Operator = Test['operator'];
export type Value = NonNullable<Test['value']>;
export type Kind = 'text' | 'list' | 'flag' | 'number';
/** Of which things the value is one; null: it is typed. */
export type Choices = 'inbox' | 'channel' | 'status' | 'priority' | 'weekday' | 'channel_kind' | null;

interface Meaning {
  kind: Kind;
  choices: Choices;
}

const text = (choices: Choices = null): Meaning => ({ kind: 'text', choices });
const flag: Meaning = { kind: 'flag', choices: null };
const list: Meaning = { kind: 'list', choices: null };

/** In the order in which they are offered. */
export const FACTS: Record<Fact, Meaning> = {
  'message.subject': text(),
  'message.text': text(),
  'message.from': text(),
  'message.from_domain': text(),
  'message.to': list,
  'message.cc': list,
  'message.delivered_to': text(),
  'message.has_attachments': flag,
  'message.automated': flag,
  'message.is_first': flag,
  'contact.known': flag,
  'conversation.inbox_id': text('inbox'),
  'channel.id': text('channel'),
  'channel.kind': text('channel_kind'),
  'conversation.status': text('status'),
  'conversation.labels': list,
  'conversation.priority': text('priority'),
  'time.weekday': { kind: 'number', choices: 'weekday' },
  'time.hour': { kind: 'number', choices: null },
  'load.team_waiting': { kind: 'number', choices: null },
};

export const NAMES = Object.keys(FACTS) as Fact[];

const OF_TEXT: Operator[] = [
  'contains',
  'contains_not',
  'is',
  'is_not',
  'starts_with',
  'ends_with',
  'in',
  'matches',
  'exists',
];
const BY_KIND: Record<Kind, Operator[]> = {
  text: OF_TEXT,
  list: OF_TEXT,
  flag: ['is'],
  number: ['is', 'is_not', 'greater', 'less', 'in'],
};

/** How this fact is compared; with `also`, the operator that is there already. */
export function operatorsOf(fact: Fact, also?: Operator): Operator[] {
  const { kind, choices } = FACTS[fact];
  const offered: Operator[] = choices && kind === 'text' ? ['is', 'is_not', 'in'] : BY_KIND[kind];
  return also && !offered.includes(also) ? [...offered, also] : offered;
}

/** What kind of control the value has. */
export function controlOf(fact: Fact, operator: Operator): 'flag' | 'number' | 'many' | 'one' | 'text' {
  const { kind, choices } = FACTS[fact];
  if (operator === 'exists' || kind === 'flag') return 'flag';
  if (operator === 'in') return 'many';
  if (choices) return 'one';
  return kind === 'number' ? 'number' : 'text';
}

/** The test with another fact or operator, its value fit for it: kept where it can be. */
export function changed(test: Test, change: { fact?: Fact; operator?: Operator }): Test {
  const fact = change.fact ?? test.fact;
  const wanted = change.operator ?? test.operator;
  const operator = operatorsOf(fact).includes(wanted) ? wanted : (operatorsOf(fact)[0] ?? 'is');
  const sameThings = FACTS[fact].choices === FACTS[test.fact].choices;
  return { kind: 'test', fact, operator, value: fitted(controlOf(fact, operator), sameThings ? test.value : null) };
}

export const newTest = (): Test => ({ kind: 'test', fact: 'message.subject', operator: 'contains', value: '' });

function fitted(control: ReturnType<typeof controlOf>, value: Test['value']): Value {
  switch (control) {
    case 'flag':
      return typeof value === 'boolean' ? value : true;
    case 'number':
      return typeof value === 'number' ? value : Number(Array.isArray(value) ? (value[0] ?? 0) : value) || 0;
    case 'many':
      return Array.isArray(value) ? value : typeof value === 'string' && value ? [value] : [];
    case 'one':
    case 'text':
      return typeof value === 'string' || typeof value === 'number'
        ? value
        : Array.isArray(value)
          ? (value[0] ?? '')
          : '';
  }
}
