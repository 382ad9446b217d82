/** The eight colours of labels, on either theme; pure. */

import type { DefinedLabel } from '#lib/api/client.ts';

export type LabelColor = DefinedLabel['color'];

export const labelColors: Record<LabelColor, string> = {
  grey: 'light-dark(#6b7585, #9aa5b5)',
  red: 'light-dark(#c93a30, #ff8379)',
  orange: 'light-dark(#c96a00, #ffab5c)',
  yellow: 'light-dark(#a88400, #ecc94b)',
  green: 'light-dark(#23834a, #62c78d)',
  blue: 'light-dark(#2c63d8, #86abff)',
  purple: 'light-dark(#7d43c4, #c19af5)',
  pink: 'light-dark(#c2378a, #f58cc6)',
};

/** The colour that a new label gets: one of eight by its name, so that proposals differ. */
export function proposedColor(name: string): LabelColor {
  const names = Object.keys(labelColors) as LabelColor[];
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return names[sum % names.length] ?? 'grey';
}
