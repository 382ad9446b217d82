/** Recipients as they are typed, pasted and shown as chips; pure. */

import type { Address } from '#lib/api/client.ts';

export interface Recipient {
  address: string;
  name: string;
  /** Whether a mail could go there; what is not stays visible, and nothing is sent. */
  valid: boolean;
}

const MAILBOX =
  /^[\w!#$%&'*+/=?^`{|}~.-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)*[\p{L}\p{N}-]{1,63}$/u;
const NAMED = /^\s*"?(.*?)"?\s*<([^<>]*)>\s*$/s;

/** `a@b.example` or `Name <a@b.example>`. */
export function recipientOf(typed: string): Recipient {
  const named = NAMED.exec(typed);
  const address = (named?.[2] ?? typed).trim();
  const name = (named?.[1] ?? '').replaceAll(/\p{Cc}/gu, ' ').trim();
  const local = address.split('@')[0] ?? '';
  const valid = MAILBOX.test(address) && !/^\.|\.\.|\.$/.test(local) && address.length <= 254;
  return { address, name, valid };
}

/** All that a text names, parted by commas, semicolons or lines; commas within quotes part nothing. */
export function recipientsOf(text: string): Recipient[] {
  const parts = text.match(/(?:"[^"]*"|[^,;\n"])+/g) ?? [];
  return parts
    .map((one) => one.trim())
    .filter(Boolean)
    .map(recipientOf);
}

export const fromAddress = (one: Address): Recipient => ({ address: one.address, name: one.name, valid: true });

/** As a draft keeps it, and a mail program shows it. */
export function written(one: Recipient): string {
  if (!one.name) return one.address;
  return /[",;<>]/.test(one.name)
    ? `"${one.name.replaceAll('"', "'")}" <${one.address}>`
    : `${one.name} <${one.address}>`;
}

/** Without those that are there already, whatever their case. */
export function added(to: Recipient[], more: Recipient[]): Recipient[] {
  const there = new Set(to.map((one) => one.address.toLowerCase()));
  const fresh = more.filter((one) => {
    const key = one.address.toLowerCase();
    if (there.has(key)) return false;
    there.add(key);
    return true;
  });
  return [...to, ...fresh];
}

export type Field = 'to' | 'cc' | 'bcc';

interface Addressed extends Record<Field, Recipient[]> {
  /** What stands in the fields and is no recipient yet. */
  typed: Record<Field, string>;
}

export const nothingTyped = (): Record<Field, string> => ({ to: '', cc: '', bcc: '' });

/** Makes recipients of all that was typed, before it is sent or left. Gives whether there was any. */
export function commit(mail: Addressed): boolean {
  let any = false;
  for (const field of ['to', 'cc', 'bcc'] as const) {
    const more = recipientsOf(mail.typed[field]);
    if (mail.typed[field]) mail.typed[field] = '';
    if (more.length === 0) continue;
    mail[field] = added(mail[field], more);
    any = true;
  }
  return any;
}

export const sameRecipients = (one: Recipient[], other: Recipient[]): boolean =>
  one.length === other.length && one.every((each, index) => each.address === other[index]?.address);
