/** What a report page was asked for: the whole state of the page, as it stands in its address; pure. */

import { isDay, plusDays, type Day } from './days.ts';
import { fits, periodOf, presets, stepFor, steps, type Period, type Preset, type Step } from './periods.ts';

export type Dimension = 'agent' | 'team' | 'inbox' | 'channel';
export type Measure = 'first-response-time' | 'reply-time' | 'resolution-time';
export const dimensions: readonly Dimension[] = ['agent', 'team', 'inbox', 'channel'];
export const measures: readonly Measure[] = ['first-response-time', 'reply-time', 'resolution-time'];
export const channels = ['email', 'facebook', 'chat', 'form'] as const;

export interface Asked {
  period: Preset | 'custom';
  /** Of a custom period: its first and its last day. */
  first: Day;
  last: Day;
  inbox: string;
  team: string;
  agent: string;
  channel: string;
  by: Dimension;
  /** Empty: what suits the period. */
  step: Step | '';
  definition: string;
  compare: boolean;
  measure: Measure;
  /** A column, `-` before it: the greatest first; empty: as the page likes it. */
  sort: string;
  /** The same of the table over time; empty: as time goes. */
  order: string;
  /** The number whose events are open, as the query of `/reports/{name}/events`. */
  behind: string;
}

export const usual: Asked = {
  period: 'last_30',
  first: '',
  last: '',
  inbox: '',
  team: '',
  agent: '',
  channel: '',
  by: 'agent',
  step: '',
  definition: 'v1',
  compare: false,
  measure: 'first-response-time',
  sort: '',
  order: '',
  behind: '',
};

const choices: { [Name in keyof Asked]?: readonly string[] } = {
  period: [...presets, 'custom'],
  by: dimensions,
  step: steps,
  measure: measures,
  channel: channels,
};

/** What an address says; what it says wrongly is as if it were not there. */
export function readAsked(query: Pick<URLSearchParams, 'get'>): Asked {
  const found: Record<string, string | boolean> = { ...usual };
  for (const name of Object.keys(usual) as (keyof Asked)[]) {
    const value = query.get(name);
    if (value === null || (choices[name] && !choices[name].includes(value))) continue;
    found[name] = name === 'compare' ? value === '1' : value;
  }
  const asked = found as unknown as Asked;
  const whole = isDay(asked.first) && isDay(asked.last) && asked.first <= asked.last;
  return asked.period === 'custom' && !whole ? { ...asked, period: usual.period, first: '', last: '' } : asked;
}

/** The query of an address: only what is not as usual. */
export function queryOf(asked: Asked): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    if (value === usual[name as keyof Asked] || ((name === 'first' || name === 'last') && asked.period !== 'custom'))
      continue;
    query.set(name, value === true ? '1' : String(value));
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}

export function periodAsked(asked: Asked, today: Day): Period {
  return asked.period === 'custom' ? { from: asked.first, to: plusDays(asked.last, 1) } : periodOf(asked.period, today);
}

/** The pieces of time that are shown: those asked for where there are not too many. */
export function stepAsked(asked: Asked, period: Period): Step {
  return asked.step && fits(asked.step, period) ? asked.step : stepFor(period);
}

/** The filters as the API takes them. */
export function filtersOf(asked: Asked): Record<string, string> {
  const filters: Record<string, string> = {
    inbox_id: asked.inbox,
    team_id: asked.team,
    agent_id: asked.agent,
    channel: asked.channel,
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
}

/** How many of the filters are set: for the button that opens them. */
export const filtersSet = (asked: Asked): number =>
  Object.keys(filtersOf(asked)).length + (asked.definition === usual.definition ? 0 : 1);
