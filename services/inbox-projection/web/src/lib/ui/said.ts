/** What went wrong and what to do now, in the agent's words. */

import type { Problem } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import { known } from '#lib/i18n/language.svelte.ts';

/**
 * A code that the catalogue knows (`problems.<code>`, and `problems.<code>_next` for the next step) is told by it; else
 * what the API says in English, under a sentence for its status.
 */
export function said(problem: Problem): { what: string; next: string } {
  const key = `problems.${problem.code.replaceAll('-', '_')}`;
  const values = { seconds: problem.retryAfter ?? 0, detail: problem.detail };
  if (known(key)) return { what: t(key, values), next: known(`${key}_next`) ? t(`${key}_next`, values) : '' };
  if (problem.status >= 500) return { what: t('problems.fault'), next: t('problems.fault_next') };
  const fields = problem.errors.map((one) => `${one.where.slice(1).join('.')}: ${one.detail}`);
  return { what: problem.detail || problem.title || t('problems.refused'), next: fields.join(' · ') };
}
