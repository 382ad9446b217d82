/** The servers of well-known providers, by the domain of an address; pure. */

import type { Server } from '#lib/settings/shapes.ts';

interface Place {
  host: string;
  port: number;
  tls: Server['tls'];
}

export interface Preset {
  imap: Place;
  smtp: Place;
  /** It wants a password made for programs only. */
  appPassword?: boolean;
  /** Better connected by consent than by a password. */
  grant?: 'google' | 'microsoft';
}

const tls = (host: string, port: number): Place => ({ host, port, tls: 'tls' });
const starttls = (host: string, port = 587): Place => ({ host, port, tls: 'starttls' });

const GOOGLE: Preset = {
  imap: tls('imap.gmail.com', 993),
  smtp: tls('smtp.gmail.com', 465),
  appPassword: true,
  grant: 'google',
};
const MICROSOFT: Preset = {
  imap: tls('outlook.office365.com', 993),
  smtp: starttls('smtp.office365.com'),
  grant: 'microsoft',
};
const APPLE: Preset = { imap: tls('imap.mail.me.com', 993), smtp: starttls('smtp.mail.me.com'), appPassword: true };
const YAHOO: Preset = {
  imap: tls('imap.mail.yahoo.com', 993),
  smtp: tls('smtp.mail.yahoo.com', 465),
  appPassword: true,
};
const FASTMAIL: Preset = {
  imap: tls('imap.fastmail.com', 993),
  smtp: tls('smtp.fastmail.com', 465),
  appPassword: true,
};
const GMX: Preset = { imap: tls('imap.gmx.net', 993), smtp: starttls('mail.gmx.net') };
const ZOHO: Preset = { imap: tls('imap.zoho.com', 993), smtp: tls('smtp.zoho.com', 465), appPassword: true };

const BY_DOMAIN: Record<string, Preset> = {
  'gmail.com': GOOGLE,
  'googlemail.com': GOOGLE,
  'outlook.com': MICROSOFT,
  'hotmail.com': MICROSOFT,
  'live.com': MICROSOFT,
  'msn.com': MICROSOFT,
  'icloud.com': APPLE,
  'me.com': APPLE,
  'mac.com': APPLE,
  'yahoo.com': YAHOO,
  'yahoo.co.uk': YAHOO,
  'fastmail.com': FASTMAIL,
  'fastmail.fm': FASTMAIL,
  'gmx.net': GMX,
  'gmx.de': GMX,
  'gmx.com': { imap: tls('imap.gmx.com', 993), smtp: starttls('mail.gmx.com') },
  'web.de': { imap: tls('imap.web.de', 993), smtp: starttls('smtp.web.de') },
  'zoho.com': ZOHO,
  'mailbox.org': { imap: tls('imap.mailbox.org', 993), smtp: tls('smtp.mailbox.org', 465) },
  'wp.pl': { imap: tls('imap.wp.pl', 993), smtp: tls('smtp.wp.pl', 465) },
  'o2.pl': { imap: tls('poczta.o2.pl', 993), smtp: tls('poczta.o2.pl', 465), appPassword: true },
  'onet.pl': { imap: tls('imap.poczta.onet.pl', 993), smtp: tls('smtp.poczta.onet.pl', 465) },
  'interia.pl': { imap: tls('poczta.interia.pl', 993), smtp: tls('poczta.interia.pl', 465) },
};

/** The choices of the wizard besides the address's own domain: companies use these with domains of their own. */
export const PROVIDERS = { google: GOOGLE, microsoft: MICROSOFT, fastmail: FASTMAIL, zoho: ZOHO } as const;
export type ProviderName = keyof typeof PROVIDERS;

/** The provider of the address; null for a domain of one's own. */
export function presetOf(address: string): Preset | null {
  return BY_DOMAIN[address.trim().toLowerCase().split('@')[1] ?? ''] ?? null;
}
