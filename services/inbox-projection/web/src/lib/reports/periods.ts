/** The periods that reports are asked for, from today on backwards; `to` is the day after the last one; pure. */

import { daysBetween, monthStart, plusDays, weekStart, type Day } from './days.ts';

export const presets = [
  'today',
  'yesterday',
  'last_7',
  'last_30',
  'last_90',
  'this_week',
  'last_week',
  'this_month',
  'last_month',
  'this_year',
] as const;
export type Preset = (typeof presets)[number];
export type Step = 'hour' | 'day' | 'week' | 'month';
export const steps: readonly Step[] = ['hour', 'day', 'week', 'month'];

export interface Period {
  from: Day;
  to: Day;
}

export function periodOf(preset: Preset, today: Day): Period {
  const tomorrow = plusDays(today, 1);
  switch (preset) {
    case 'today':
      return { from: today, to: tomorrow };
    case 'yesterday':
      return { from: plusDays(today, -1), to: today };
    case 'last_7':
      return { from: plusDays(tomorrow, -7), to: tomorrow };
    case 'last_30':
      return { from: plusDays(tomorrow, -30), to: tomorrow };
    case 'last_90':
      return { from: plusDays(tomorrow, -90), to: tomorrow };
    case 'this_week':
      return { from: weekStart(today), to: tomorrow };
    case 'last_week':
      return { from: plusDays(weekStart(today), -7), to: weekStart(today) };
    case 'this_month':
      return { from: monthStart(today), to: tomorrow };
    case 'last_month':
      return { from: monthStart(today, -1), to: monthStart(today) };
    case 'this_year':
      return { from: `${today.slice(0, 4)}-01-01`, to: tomorrow };
  }
}

/** Pieces that a chart of the period can show well. */
export function stepFor(period: Period): Step {
  const days = daysBetween(period.from, period.to);
  if (days <= 2) return 'hour';
  if (days <= 62) return 'day';
  return days <= 370 ? 'week' : 'month';
}

/** Whether the API would answer so many pieces, and a table can hold them. */
export function fits(step: Step, period: Period): boolean {
  const days = daysBetween(period.from, period.to);
  return step === 'hour' ? days <= 31 : step === 'day' ? days <= 1_100 : true;
}

/**
 * From where to where a piece of a report goes, as the API takes it: days, or instants for an hour. Pieces at the ends
 * are cut to the period.
 */
export function pieceOf(step: Step, label: string, period: Period): { from: string; to: string } {
  if (step === 'hour') {
    const begin = new Date(label);
    return { from: begin.toISOString(), to: new Date(begin.getTime() + 3_600_000).toISOString() };
  }
  const from = step === 'month' ? `${label}-01` : label;
  const to = step === 'month' ? monthStart(from, 1) : plusDays(from, step === 'week' ? 7 : 1);
  return { from: from < period.from ? period.from : from, to: to > period.to ? period.to : to };
}
