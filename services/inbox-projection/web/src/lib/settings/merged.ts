/** What two made of the same at the same time; pure. */

import { same } from './same.ts';

/**
 * Theirs with what was changed here, field by field. `contested`: both changed the same field, and to different things;
 * what is here stays. `plain` is what fields are compared by.
 */
export function merged<T extends object>(
  base: T,
  mine: T,
  theirs: T,
  plain: (value: T) => object = (value) => value,
): { value: T; contested: boolean } {
  const [was, here, there] = [base, mine, theirs].map((one) => plain(one) as Record<keyof T, unknown>);
  const value = { ...theirs };
  let contested = false;
  for (const name of Object.keys(theirs) as (keyof T)[]) {
    if (same(was?.[name], here?.[name])) continue;
    value[name] = mine[name];
    contested ||= !same(was?.[name], there?.[name]) && !same(here?.[name], there?.[name]);
  }
  return { value, contested };
}
