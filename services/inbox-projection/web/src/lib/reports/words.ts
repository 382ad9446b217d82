/** How reports call things: groups, pieces of time, durations, columns. */

import { directory } from '#lib/directory/index.svelte.ts';
import { i18n, number, t } from '#lib/i18n/index.ts';
import { plusDays, type Day } from './days.ts';
import type { Period, Step } from './periods.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const unit = (value: number, name: string): string =>
  number(value, { style: 'unit', unit: name, unitDisplay: 'narrow' });

/** How long, in the two units that matter: 42s · 12m · 5h 12m · 3d 4h. A dash where there is nothing. */
export function lasted(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return '–';
  if (milliseconds < MINUTE) return unit(Math.round(milliseconds / 1000), 'second');
  if (milliseconds < HOUR) return unit(Math.floor(milliseconds / MINUTE), 'minute');
  const [great, greater, small, smaller] =
    milliseconds < DAY ? [HOUR, 'hour', MINUTE, 'minute'] : [DAY, 'day', HOUR, 'hour'];
  const rest = Math.floor((milliseconds % (great as number)) / (small as number));
  const whole = unit(Math.floor(milliseconds / (great as number)), greater as string);
  return rest ? `${whole} ${unit(rest, smaller as string)}` : whole;
}

/** A number of a column as it is read. */
export function told(column: string, value: number | null | undefined): string {
  if (column.endsWith('_ms')) return lasted(value);
  return value === null || value === undefined ? '–' : number(value);
}

/** `n` → `reports.col_n`; buckets of the histogram by their hours. */
export function columnName(column: string): string {
  return t(`reports.col_${column.replaceAll('-', '_').replace('+', '_more')}`);
}

/** What the rows of a table are. */
export function groupName(group: Record<string, string | null>): string {
  const [name, id] = Object.entries(group)[0] ?? ['', null];
  switch (name) {
    case 'agent_id':
      return id === null ? t('reports.nobody') : (directory.agent(id)?.name ?? t('reports.unknown_agent'));
    case 'team_id':
      return id === null ? t('reports.no_team') : (directory.team(id)?.name ?? t('reports.unknown_team'));
    case 'inbox_id':
      return directory.inbox(id)?.name ?? t('reports.unknown_inbox');
    case 'channel':
      return channelName(id ?? '');
    default:
      return pieceName(name as Step, id ?? '');
  }
}

export const channelName = (channel: string): string => t(`reports.channel_${channel}`);

const written = (day: Day, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(i18n.locale, { ...options, timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));

/** A piece of time: 14:00 · Mon 2 Nov · 2 Nov – 8 Nov · November 2026. */
export function pieceName(step: Step, label: string): string {
  switch (step) {
    case 'hour':
      return `${written(label.slice(0, 10), { day: 'numeric', month: 'short' })}, ${label.slice(11, 16)}`;
    case 'day':
      return written(label, { weekday: 'short', day: 'numeric', month: 'short' });
    case 'week':
      return periodName({ from: label, to: plusDays(label, 7) });
    case 'month':
      return written(`${label}-01`, { month: 'long', year: 'numeric' });
  }
}

/** 25 Oct – 23 Nov 2026 */
export function periodName(period: Period): string {
  const form = new Intl.DateTimeFormat(i18n.locale, { dateStyle: 'medium', timeZone: 'UTC' });
  return form.formatRange(new Date(`${period.from}T00:00:00Z`), new Date(`${plusDays(period.to, -1)}T00:00:00Z`));
}
