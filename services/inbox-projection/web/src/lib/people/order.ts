/** A page-wise list and what becomes of it when things change; pure. */

/**
 * The items after some of them changed: `fitting` belong to the list as they are now, `gone` do not (any more). What is
 * new is put where the order has it, unless that is beyond what was read (`whole`: nothing is).
 */
export function merged<T extends { id: string }>(
  items: readonly T[],
  fitting: readonly T[],
  gone: ReadonlySet<string>,
  before: (one: T, other: T) => boolean,
  whole: boolean,
): T[] {
  const changed = new Map(fitting.map((one) => [one.id, one]));
  const rest = items.filter((one) => !gone.has(one.id) && !changed.has(one.id));
  for (const one of changed.values()) {
    let place = rest.findIndex((other) => before(one, other));
    if (place < 0) place = rest.length;
    const wasThere = items.some((other) => other.id === one.id);
    if (place < rest.length || whole || wasThere) rest.splice(place, 0, one);
  }
  return rest;
}
