/** What a palette offers, and what of it fits what is typed; pure. */

import type { Icon } from '#lib/ui/icon.ts';

export interface Choice {
  value: string;
  label: string;
  hint?: string;
  icon?: Icon;
  avatar?: { name: string; url?: string | null; presence?: 'available' | 'away' | 'offline' };
  color?: string;
  /** Of choices that can be several: whether all have it, or some. */
  checked?: boolean | 'some';
  /** The heading it stands under. */
  group?: string;
  danger?: boolean;
}

/** Without regard to case and accents. */
export const folded = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase().replaceAll('ł', 'l');

/** The choices that have every typed word at the beginning of one of theirs; what begins with it first. */
export function fitting(choices: readonly Choice[], typed: string): Choice[] {
  const words = folded(typed).split(/\s+/u).filter(Boolean);
  if (words.length === 0) return [...choices];
  const texts = (one: Choice) => folded(`${one.label} ${one.hint ?? ''}`);
  const fits = choices.filter((one) => words.every((word) => texts(one).includes(word)));
  const begins = (one: Choice) => folded(one.label).startsWith(words[0] ?? '');
  return [...fits.filter(begins), ...fits.filter((one) => !begins(one))];
}
