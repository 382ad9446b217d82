/** To whom a message went, in short: each field apart, with its first people and how many more there are; pure. */

import type { Message } from '#lib/api/client.ts';

const NAMED = 3;

export type Addressees = {
  field: 'to' | 'cc' | 'bcc';
  whom: string;
  more: number;
};

/** Fields without anybody are left out. `list` writes names one after the other. */
export function addressees(
  message: Pick<Message, 'to' | 'cc' | 'bcc'>,
  list: (names: string[]) => string,
): Addressees[] {
  return (['to', 'cc', 'bcc'] as const).flatMap((field) => {
    const names = message[field].map((one) => one.name || one.address);
    if (names.length === 0) return [];
    return [{ field, whom: list(names.slice(0, NAMED)), more: Math.max(0, names.length - NAMED) }];
  });
}
