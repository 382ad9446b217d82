/** Business hours as a form has them, and what is wrong with them; pure. */

import type { BusinessHours } from '#lib/api/client.ts';

export const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Day = (typeof DAYS)[number];
export type Fault = 'order' | 'overlap' | 'empty';

const WORK = [{ opens: '09:00', closes: '17:00' }];

/** Monday to Friday, 9 to 17. */
export function usual(zone: string): BusinessHours {
  const weekdays = Object.fromEntries(
    DAYS.map((day, index) => [day, index < 5 ? WORK.map((one) => ({ ...one })) : []]),
  ) as BusinessHours['weekdays'];
  return { zone, weekdays, holidays: [] };
}

/** By day, what keeps its hours from being hours; "24:00" is the end of the day. */
export function faultsOf(hours: BusinessHours): Map<Day, Fault> {
  const found = new Map<Day, Fault>();
  for (const day of DAYS) {
    const spans = hours.weekdays[day].toSorted((one, other) => one.opens.localeCompare(other.opens));
    if (spans.some((one) => !one.opens || !one.closes)) found.set(day, 'empty');
    else if (spans.some((one) => one.opens >= one.closes)) found.set(day, 'order');
    else if (spans.some((one, index) => index > 0 && (spans[index - 1]?.closes ?? '') > one.opens))
      found.set(day, 'overlap');
  }
  return found;
}

/** `<input type="time">` has no end of the day: it shows it as 00:00, and takes 00:00 as a closing time for it. */
export const shownTime = (time: string): string => (time === '24:00' ? '00:00' : time);
export const closingTime = (typed: string): string => (typed === '00:00' ? '24:00' : typed);
