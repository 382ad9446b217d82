/** Time zones to choose from, as people look for them; pure. */

interface ZoneItem {
  value: string;
  label: string;
}

/** All zones that the browser knows, UTC, and the one that is chosen, should the browser not know it. */
export function zones(chosen: string): ZoneItem[] {
  const names = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  if (chosen) names.add(chosen);
  return [...names].toSorted().map((value) => ({ value, label: value.replaceAll('_', ' ') }));
}

/** The zone of this machine. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
