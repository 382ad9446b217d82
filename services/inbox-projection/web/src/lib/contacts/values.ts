/** Values of properties: from what somebody types, and as text to be shown; pure. */

import type { ContactProperty } from '#lib/api/client.ts';

export type Value = string | number | boolean | null;
type Kind = ContactProperty['kind'];

/** What a typed text is as a value of this kind; undefined: it is none. An empty text takes the value away. */
export function valueOf(kind: Kind, typed: string): Value | undefined {
  const text = typed.trim();
  if (text === '') return null;
  switch (kind) {
    case 'number': {
      const plain = text.replaceAll(/[\s\u00a0\u202f]/g, '').replace(/,(?=\d+$)/, '.');
      const found = Number(plain);
      return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) && Number.isFinite(found) ? found : undefined;
    }
    case 'date':
      return isDay(text) ? text : undefined;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'url':
      return webAddress(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`) ?? undefined;
    default:
      return text;
  }
}

/** The value as the text of a form's field. */
export const typedOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/** An address that may be a link: of the web, never of a script. */
export function webAddress(text: string): string | null {
  if (!/^https?:\/\//i.test(text)) return null;
  try {
    const found = new URL(text);
    return found.hostname ? found.href : null;
  } catch {
    return null;
  }
}

function isDay(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!parts) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
