/** Days of the calendar as `2026-11-23`, without times and zones; pure. */

export type Day = string;

const parsed = (day: Day): Date => new Date(`${day}T00:00:00Z`);
const written = (date: Date): Day => date.toISOString().slice(0, 10);

/** Whether it is a day that there is. */
export function isDay(text: string): boolean {
  return /^[12]\d{3}-\d\d-\d\d$/.test(text) && !Number.isNaN(parsed(text).getTime()) && written(parsed(text)) === text;
}

/** The day of an instant in a time zone. */
export function dayOf(at: number, zone: string | undefined): Day {
  const parts = new Intl.DateTimeFormat('en-CA', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    ...(zone ? { timeZone: zone } : {}),
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

export function plusDays(day: Day, days: number): Day {
  const date = parsed(day);
  date.setUTCDate(date.getUTCDate() + days);
  return written(date);
}

/** The first of the month so many months later. */
export function monthStart(day: Day, months = 0): Day {
  const date = parsed(day);
  return written(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1)));
}

/** The Monday of its week. */
export function weekStart(day: Day): Day {
  return plusDays(day, -((parsed(day).getUTCDay() + 6) % 7));
}

export function daysBetween(from: Day, to: Day): number {
  return Math.round((parsed(to).getTime() - parsed(from).getTime()) / 86_400_000);
}

const isMonthStart = (day: Day): boolean => day.endsWith('-01');

/** The period of the same length that ends where this one begins: whole months before whole months, else so many days. */
export function before(from: Day, to: Day): { from: Day; to: Day } {
  if (isMonthStart(from) && isMonthStart(to)) {
    const [first, last] = [parsed(from), parsed(to)];
    const months = (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
    return { from: monthStart(from, -months), to: from };
  }
  return { from: plusDays(from, -daysBetween(from, to)), to: from };
}
