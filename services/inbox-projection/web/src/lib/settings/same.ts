/** Whether two plain values say the same, whatever the order of their fields; pure. */

export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const left = one as Record<string, unknown>;
  const right = other as Record<string, unknown>;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => same(left[name], right[name]));
}

/** A copy that can be changed without changing the first. */
export function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
