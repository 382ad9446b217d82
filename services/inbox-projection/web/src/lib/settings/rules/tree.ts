/** Condition trees as the form shows them: groups of all, any or none, in place of all, any and not; pure. */

import type { RuleOutput, Test } from '#lib/api/client.ts';

export type Condition = RuleOutput['when'];
export type Mode = 'all' | 'any' | 'none' | 'not_all';

export interface Group {
  key: number;
  mode: Mode;
  of: Node[];
}
export interface Leaf {
  key: number;
  test: Test;
}
export type Node = Group | Leaf;

/** The API's own: a condition is so many levels deep at most. */
export const MAX_DEPTH = 8;
let last = 0;
export const newKey = (): number => (last += 1);

export const isGroup = (node: Node): node is Group => 'of' in node;
export const leaf = (test: Test): Leaf => ({ key: newKey(), test });
export const group = (mode: Mode, of: Node[]): Group => ({ key: newKey(), mode, of });

/** The tree as a group: a single comparison stands in one of its own. */
export function shown(condition: Condition): Group {
  const node = nodeOf(condition);
  return isGroup(node) ? node : group('all', [node]);
}

/** What the form has, as the API takes it: it means exactly the same. */
export function meant(node: Node): Condition {
  if (!isGroup(node)) return node.test;
  const of = node.of.map(meant);
  switch (node.mode) {
    case 'all':
    case 'any':
      return { kind: node.mode, of };
    case 'none':
      return { kind: 'not', of: { kind: 'any', of } };
    case 'not_all':
      return { kind: 'not', of: { kind: 'all', of } };
  }
}

/** How many levels the condition has, as the API counts them. */
export function depthOf(condition: Condition): number {
  if (condition.kind === 'test') return 1;
  if (condition.kind === 'not') return 1 + depthOf(condition.of);
  return 1 + Math.max(0, ...condition.of.map(depthOf));
}

/** Every comparison in the tree. */
export function leavesOf(node: Node): Leaf[] {
  return isGroup(node) ? node.of.flatMap(leavesOf) : [node];
}

function nodeOf(condition: Condition): Node {
  switch (condition.kind) {
    case 'test':
      return leaf(condition);
    case 'all':
    case 'any':
      return group(condition.kind, condition.of.map(nodeOf));
    case 'not': {
      const inner = condition.of;
      if (inner.kind === 'any') return group('none', inner.of.map(nodeOf));
      if (inner.kind === 'all') return group('not_all', inner.of.map(nodeOf));
      return group('none', [nodeOf(inner)]);
    }
  }
}
