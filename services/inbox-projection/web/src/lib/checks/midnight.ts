/** When a day begins in a time zone; pure. */

import type { Day } from '#lib/reports/days.ts';

/** The instant of a day's midnight (the first one, should there be two; where clocks skip it, what comes instead). */
export function midnight(day: Day, zone: string | undefined): string {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  // What the zone's clock is ahead by is asked near the answer, and once more at it.
  let at = wanted - ahead(wanted, zone);
  at = wanted - ahead(at, zone);
  return new Date(at).toISOString();
}

/** By how many milliseconds the zone's clock is ahead of UTC. */
function ahead(at: number, zone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
    ...(zone ? { timeZone: zone } : {}),
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(at / 1000) * 1000;
}
