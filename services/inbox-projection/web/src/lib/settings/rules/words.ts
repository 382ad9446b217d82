/** Rules in words, for lists: what must be true, and what follows. */

import type { Test } from '#lib/api/client.ts';
import { list, t } from '#lib/i18n/index.ts';
import type { Action } from './draft.ts';
import { controlOf, FACTS } from './facts.ts';
import { choicesOf, type House } from './house.ts';
import { isGroup, shown, type Condition, type Node } from './tree.ts';

const MOST = 3;

/** `subject contains "order" and sender's domain is acme.example` */
export function conditionWords(condition: Condition, house: House): string {
  const root = shown(condition);
  if (root.of.length === 0) return t(root.mode === 'any' || root.mode === 'not_all' ? 'rules.never' : 'rules.always');
  return nodeWords(root, house, true);
}

function nodeWords(node: Node, house: House, top = false): string {
  if (!isGroup(node)) return testWords(node.test, house);
  const parts = node.of.slice(0, MOST).map((one) => nodeWords(one, house));
  if (node.of.length > MOST) parts.push('…');
  const joined = parts.join(` ${t(node.mode === 'any' || node.mode === 'none' ? 'rules.or' : 'rules.and')} `);
  const negated = node.mode === 'none' || node.mode === 'not_all' ? `${t('rules.not')} (${joined})` : joined;
  return top || negated !== joined || node.of.length < 2 ? negated : `(${joined})`;
}

export function testWords(test: Test, house: House): string {
  const fact = t(`rules.fact_${test.fact.replace('.', '_')}`);
  if (controlOf(test.fact, test.operator) === 'flag') {
    const positive = (test.value !== false) === (test.operator !== 'is_not');
    if (FACTS[test.fact].kind !== 'flag') return `${fact} ${t(positive ? 'rules.is_there' : 'rules.is_not_there')}`;
    return positive ? fact : `${t('rules.not')} ${fact}`;
  }
  const known = choicesOf(FACTS[test.fact].choices, house);
  const named = (value: unknown) =>
    known.find((one) => one.value === String(value))?.label ?? t('rules.quoted', { value: String(value) });
  const values = Array.isArray(test.value) ? test.value.map(named).join(', ') : named(test.value);
  return `${fact} ${t(`rules.operator_${test.operator}`)} ${values}`;
}

/** `gives it to the team Support, labels it "orders"` */
export const actionsWords = (actions: readonly Action[], house: House): string =>
  actions.map((one) => actionWords(one, house)).join(' · ');

function actionWords(action: Action, house: House): string {
  const lost = t('rules.lost');
  switch (action.kind) {
    case 'assign_team':
      return t('rules.to_team', { name: house.teams.find((one) => one.id === action.team_id)?.name ?? lost });
    case 'assign_agent':
      return t('rules.to_agent', { name: house.agents.find((one) => one.id === action.agent_id)?.name ?? lost });
    case 'add_labels':
      return t('rules.with_labels', { labels: list(action.labels) });
    case 'set_priority':
      return t('rules.with_priority', { priority: t(`channels.priority_${action.priority}`) });
    case 'set_status':
      return t('rules.with_status', { status: t(`rules.status_${action.status}`) });
    case 'open_ticket':
      return t('rules.with_ticket', {
        pipeline:
          house.pipelines.find((one) => one.id === action.pipeline_id || (!action.pipeline_id && one.default))?.name ??
          '',
      });
  }
}
