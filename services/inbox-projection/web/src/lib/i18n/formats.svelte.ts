/** Dates, durations and numbers as the agent's language and time zone write them. */

import { clock } from './clock.svelte.ts';
import { i18n } from './language.svelte.ts';

type Instant = string | number | Date;

const kept = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat | Intl.ListFormat>();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function once<T extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat | Intl.ListFormat>(
  kind: string,
  options: object,
  make: (locale: string) => T,
): T {
  const locale = i18n.locale;
  const key = `${kind} ${locale} ${i18n.zone ?? ''} ${JSON.stringify(options)}`;
  const found = kept.get(key) as T | undefined;
  if (found) return found;
  const made = make(locale);
  kept.set(key, made);
  return made;
}

function written(at: Instant, options: Intl.DateTimeFormatOptions): string {
  const zoned = { ...options, ...(i18n.zone ? { timeZone: i18n.zone } : {}) };
  return once('date', zoned, (locale) => new Intl.DateTimeFormat(locale, zoned)).format(new Date(at));
}

/** 23 November 2026 */
export const date = (at: Instant): string => written(at, { dateStyle: 'long' });

/** 14:05 */
export const time = (at: Instant): string => written(at, { timeStyle: 'short' });

/** 23 Nov 2026, 14:05 */
export const dateTime = (at: Instant): string => written(at, { dateStyle: 'medium', timeStyle: 'short' });

/** Mon 23 Nov, 14:05 */
export const dayAndTime = (at: Instant): string =>
  written(at, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** As lists show it: 14:05 today, else 23 Nov, in other years with the year. */
export function shortTime(at: Instant): string {
  const day = (one: Instant) => written(one, { dateStyle: 'short' });
  if (day(at) === day(clock.now)) return time(at);
  const year = (one: Instant) => written(one, { year: 'numeric' });
  const ofThisYear = year(at) === year(clock.now);
  return written(at, { day: 'numeric', month: 'short', ...(ofThisYear ? {} : { year: 'numeric' as const }) });
}

/** "5 minutes ago", "in 2 days" */
export function ago(at: Instant): string {
  const passed = new Date(at).getTime() - clock.now;
  const size = Math.abs(passed);
  const [unit, length] =
    size < HOUR ? (['minute', MINUTE] as const) : size < DAY ? (['hour', HOUR] as const) : (['day', DAY] as const);
  const options = { numeric: 'auto' } as const;
  return once('ago', options, (locale) => new Intl.RelativeTimeFormat(locale, options)).format(
    Math.round(passed / length),
    unit,
  );
}

/** How long: "2m", "3h", "5d" in the language's narrow units. */
export function duration(milliseconds: number): string {
  const [unit, length] =
    milliseconds < HOUR
      ? (['minute', MINUTE] as const)
      : milliseconds < DAY
        ? (['hour', HOUR] as const)
        : (['day', DAY] as const);
  return number(Math.max(0, Math.floor(milliseconds / length)), { style: 'unit', unit, unitDisplay: 'narrow' });
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return once('number', options, (locale) => new Intl.NumberFormat(locale, options)).format(value);
}

export const percent = (share: number): string => number(share, { style: 'percent', maximumFractionDigits: 1 });

/** The size of a file: 12 kB, 3.4 MB */
export function bytes(size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = size < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(size) / 3));
  return number(size / 1000 ** step, {
    style: 'unit',
    unit: units[step] ?? 'gigabyte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step > 1 ? 1 : 0,
  });
}

/** "Ada, Jan and Ewa" */
export function list(words: string[]): string {
  const options = { type: 'conjunction' } as const;
  return once('list', options, (locale) => new Intl.ListFormat(locale, options)).format(words);
}
