/** Rules with what the API leaves out because it goes without saying; pure. */

import type { RuleOutput, Rules } from '#lib/api/client.ts';

const TICKET = { pipeline_id: null, stage: null, priority: 'normal', owner: null } as const;

export function wholeRule(rule: RuleOutput): RuleOutput {
  const then = rule.then.map((one) => (one.kind === 'open_ticket' ? { ...TICKET, ...one } : one));
  return { ...rule, trigger: 'message_received', stop: rule.stop ?? false, enabled: rule.enabled ?? true, then };
}

export function wholeRules({ rules, version, published }: Rules): Rules {
  return {
    rules: rules.map(wholeRule),
    version,
    published: { version: published.version, rules: published.rules.map(wholeRule) },
  };
}
