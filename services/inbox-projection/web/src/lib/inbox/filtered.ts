/** Why a mail was kept out, in the agent's words. */

import type { FilteredMessage } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import { whyRefused } from '#lib/i18n/refusals.ts';

/** The list with its newest ones as they were read again; null: they do not reach down to what was known. */
export function withNewest<T extends { id: string }>(known: readonly T[], newest: readonly T[]): T[] | null {
  const read = new Set(newest.map((one) => one.id));
  if (!known.some((one) => read.has(one.id))) return null;
  return [...newest, ...known.filter((one) => !read.has(one.id))];
}

export function caughtBy(one: FilteredMessage): string {
  if (one.switch) return t(`inbox.caught_${one.switch}`);
  if (one.filter) {
    const values = { value: one.filter.value, header: one.filter.header };
    const what = t(`inbox.caught_field_${one.filter.field}`, values);
    return t('inbox.caught_filter', { what, how: t(`inbox.caught_operator_${one.filter.operator}`, values) });
  }
  if (one.contact_id) return t('inbox.caught_blocked');
  if (one.refused) return t('inbox.caught_refused', { why: whyRefused(one.refused) ?? one.refused });
  return t('inbox.caught_unknown');
}
