/** What went wrong and what to do now, in the agent's words. */

import type { Problem } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import { known } from '#lib/i18n/language.svelte.ts';
import { refusalKey } from '#lib/i18n/refusals.ts';

/**
 * A code that the catalogues know (`problems.<code>` or `refusals.<code>`, with `…_next` for the next step) is told by
 * them; else that it was refused, and what the API says in English. What a form shows beside its fields is not
 * repeated.
 */
export function said(problem: Problem): { what: string; next: string } {
  const key = refusalKey(problem.code) ?? (problem.status >= 500 ? 'problems.fault' : 'problems.refused');
  const fields = problem.elsewhere
    .map((one) => `${problem.about(one)} (${one.where.slice(1).join(' › ')})`)
    .join(' · ');
  const values = {
    seconds: problem.retryAfter ?? 0,
    detail: problem.detail || problem.title,
    fields,
  };
  return { what: t(key, values), next: known(`${key}_next`) ? t(`${key}_next`, values) : '' };
}
