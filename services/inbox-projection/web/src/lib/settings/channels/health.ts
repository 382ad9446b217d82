/** What a channel's health says, part by part, and which words tell it; pure. */

import type { Channel } from '#lib/settings/shapes.ts';

export type State = 'ok' | 'degraded' | 'down' | 'unheard';

export interface Part {
  name: 'receiving' | 'sending';
  state: State;
  reason: string;
  since: string | null;
}

/** Both parts; of one of which nothing was ever said nothing is known. */
export function partsOf(channel: Channel): Part[] {
  return (['receiving', 'sending'] as const).map((name) => {
    const said = channel.health.parts[name];
    return said
      ? { name, state: stateOf(said.state), reason: said.reason, since: said.since }
      : { name, state: 'unheard' as const, reason: '', since: null };
  });
}

export const isWell = (channel: Channel): boolean => stateOf(channel.health.state) === 'ok';

/** Opened by the grant of a provider, not by a password. */
export const hasGrant = (channel: Channel): boolean =>
  channel.settings.imap?.auth === 'oauth2' || channel.settings.smtp?.auth === 'oauth2';

/** The grant has ended: only connecting again mends it. */
export const needsGrant = (channel: Channel): boolean =>
  hasGrant(channel) && Object.values(channel.health.parts).some((one) => one.reason.endsWith('grant_expired'));

/** The key of the catalogue for a code (`imap_wrong_password`, `wrong-password`, `5.7.1`). */
export function faultKey(code: string): string {
  if (/^[245]\.\d+\.\d+$|^[45]\d\d$/.test(code)) return 'faults.status';
  return `faults.${code.replaceAll('-', '_').replace(/^(imap|smtp)_/, '')}`;
}

function stateOf(state: string): State {
  return state === 'ok' || state === 'degraded' ? state : 'down';
}
