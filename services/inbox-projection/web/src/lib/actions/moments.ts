/** Times that a conversation is put off to, as clocks show them in the agent's zone; pure. */

export interface Moment {
  name: 'later' | 'evening' | 'tomorrow' | 'monday' | 'week';
  at: Date;
}

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  weekday: number;
}

const MORNING = 9;
const EVENING = 18;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What a clock on the wall of that zone shows at an instant. */
export function wallOf(at: Date, zone: string | undefined): Wall {
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...(zone ? { timeZone: zone } : {}),
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return {
    year: Number(part('year')),
    month: Number(part('month')),
    day: Number(part('day')),
    hour: Number(part('hour')),
    minute: Number(part('minute')),
    weekday: DAYS.indexOf(part('weekday')),
  };
}

/** The instant at which clocks there show this; what a change of clocks leaves out becomes the hour after it. */
export function instantOf(year: number, month: number, day: number, hour: number, minute: number, zone?: string): Date {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  let at = wanted;
  // Twice, for the first guess may lie on the other side of a change of clocks.
  for (let turn = 0; turn < 2; turn += 1) {
    const shown = wallOf(new Date(at), zone);
    at += wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
  }
  return new Date(at);
}

/** `2026-11-23` and `14:05` of two fields, as an instant; null: not both are whole. */
export function momentOf(date: string, time: string, zone?: string): Date | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date) ?? [];
  const [, hour, minute] = /^(\d\d):(\d\d)/.exec(time) ?? [];
  if (!year || !month || !day || !hour || !minute) return null;
  return instantOf(Number(year), Number(month), Number(day), Number(hour), Number(minute), zone);
}

/** The date of an instant in that zone, as a date field has it. */
export function dayOf(at: Date, zone?: string): string {
  const { year, month, day } = wallOf(at, zone);
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** The instant at which the day after this one begins there; null: it is no date. */
export function dayAfter(date: string, zone?: string): Date | null {
  const begin = momentOf(date, '00:00', zone);
  if (!begin) return null;
  const { year, month, day } = wallOf(begin, zone);
  return instantOf(year, month, day + 1, 0, 0, zone);
}

/** What is offered now: in three hours, this evening, tomorrow, on Monday, in a week; none twice. */
export function moments(now: Date, zone?: string): Moment[] {
  const { year, month, day, hour, weekday } = wallOf(now, zone);
  const onDay = (days: number, at: number) => instantOf(year, month, day + days, at, 0, zone);
  const toMonday = (8 - weekday) % 7 || 7;
  const found: Moment[] = [];
  if (hour < EVENING - 4) found.push({ name: 'later', at: onDay(0, hour + 3) });
  if (hour < EVENING) found.push({ name: 'evening', at: onDay(0, EVENING) });
  found.push({ name: 'tomorrow', at: onDay(1, MORNING) });
  if (toMonday > 1) found.push({ name: 'monday', at: onDay(toMonday, MORNING) });
  if (toMonday !== 7) found.push({ name: 'week', at: onDay(7, MORNING) });
  return found;
}
