/** Rows of tables out of what the reports API answers: flat numbers, the period before beside them, sorted; pure. */

export type Numbers = Record<string, number | null>;

export interface ReportRow {
  /** The same in both periods. */
  key: string;
  group: Record<string, string | null>;
  label: string;
  numbers: Numbers;
  before: Numbers | null;
}

/** The numbers of a group or a total, those of the histogram among them. */
export function flat(given: object): Numbers {
  const numbers: Numbers = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === 'histogram' && value !== null && typeof value === 'object')
      Object.assign(numbers, flat(value as object));
    else if (typeof value === 'number' || value === null) numbers[name] = value;
  }
  return numbers;
}

interface Grouped {
  group: Record<string, string | null>;
}

/** By a dimension: whoever is in one of the periods has a row; who was in the one before only has zeros now. */
export function rowsBy(
  now: readonly Grouped[],
  earlier: readonly Grouped[] | null,
  labelOf: (group: Grouped['group']) => string,
): ReportRow[] {
  const keyOf = (one: Grouped) => JSON.stringify(Object.values(one.group));
  const before = new Map((earlier ?? []).map((one) => [keyOf(one), one]));
  const rows = now.map((one) => {
    const key = keyOf(one);
    const then = before.get(key);
    before.delete(key);
    const numbers = flat(one);
    return {
      key,
      group: one.group,
      label: labelOf(one.group),
      numbers,
      before: earlier && (then ? flat(then) : nothing(numbers)),
    };
  });
  const gone = [...before].map(([key, one]) => {
    const then = flat(one);
    return { key, group: one.group, label: labelOf(one.group), numbers: nothing(then), before: then };
  });
  return [...rows, ...gone];
}

/** By pieces of time: the first piece of the period before stands beside the first piece of this one. */
export function rowsOver(
  now: readonly Grouped[],
  earlier: readonly Grouped[] | null,
  labelOf: (group: Grouped['group']) => string,
): ReportRow[] {
  return now.map((one, place) => {
    const then = earlier?.[place];
    return {
      key: JSON.stringify(Object.values(one.group)),
      group: one.group,
      label: labelOf(one.group),
      numbers: flat(one),
      before: then ? flat(then) : null,
    };
  });
}

/** Two reports over the same pieces in one table. */
export function joined(one: readonly ReportRow[], other: readonly ReportRow[]): ReportRow[] {
  const others = new Map(other.map((row) => [row.key, row]));
  return one.map((row) => {
    const more = others.get(row.key);
    if (!more) return row;
    const before = row.before || more.before ? { ...more.before, ...row.before } : null;
    return { ...row, numbers: { ...more.numbers, ...row.numbers }, before };
  });
}

/** Zero for what is counted, none for what is measured. */
function nothing(numbers: Numbers): Numbers {
  return Object.fromEntries(Object.keys(numbers).map((name) => [name, name.endsWith('_ms') ? null : 0]));
}

/** By a column (`-n`: the greatest first; `label`: the words); rows without a number come last. */
export function sorted(rows: readonly ReportRow[], by: string): ReportRow[] {
  const down = by.startsWith('-');
  const name = down ? by.slice(1) : by;
  if (!name) return [...rows];
  const way = down ? -1 : 1;
  return rows.toSorted((one, other) => {
    if (name === 'label') return way * one.label.localeCompare(other.label);
    const [mine, theirs] = [one.numbers[name] ?? null, other.numbers[name] ?? null];
    if (mine === null || theirs === null) return Number(mine === null) - Number(theirs === null);
    return way * (mine - theirs) || one.label.localeCompare(other.label);
  });
}

/** By how much a number changed, as a share of what it was; null where there is nothing to compare. */
export function change(now: number | null | undefined, then: number | null | undefined): number | null {
  if (now === null || now === undefined || !then) return null;
  return (now - then) / then;
}
