/** Words for what the API refuses, by its stable codes. */

import { i18n, known, t } from './language.svelte.ts';
import type { Values } from './messages.ts';

/** What pydantic calls the same mistake in several ways. */
const FAMILIES: [RegExp, string][] = [
  [/^(literal|enum|union)/, 'one_of'],
  [/pattern/, 'form'],
  [/^uuid/, 'reference'],
  [/^(date|time)/, 'moment'],
  [/^int/, 'whole_number'],
  [/^(float|finite|decimal)/, 'not_a_number'],
  [/_type$/, 'kind'],
];

/** The key of what is said about a code; null: there are no words for it, or they are still on their way. */
export function refusalKey(code: string): string | null {
  const name = code.replaceAll('-', '_');
  const key = [`problems.${name}`, `refusals.${name}`].find(known);
  if (key) return key;
  void i18n.refusals();
  return null;
}

/** Why one of many was refused, in a sentence; null where there are no words for it. */
export function whyRefused(code: string, values: Values = {}): string | null {
  const key = refusalKey(code);
  return key && t(key, { seconds: 0, detail: '', fields: '', ...values });
}

interface FieldError {
  detail: string;
  code?: string | null;
  limit?: number | null;
}

/** What is wrong with one field: by its own code, else by that of the whole refusal, else as the API says it. */
export function fieldWords({ detail, code, limit }: FieldError, refusal: string): string {
  const name = code && (known(`fields.${code}`) ? code : FAMILIES.find(([form]) => form.test(code))?.[1]);
  if (name && known(`fields.${name}`)) return t(`fields.${name}`, { limit: limit ?? 0, detail });
  return (refusal !== 'invalid-request' && whyRefused(refusal, { detail })) || detail;
}
