/** The commands by which what is written is sent. */

import type { Command } from '#lib/keys/index.svelte.ts';
import type { How } from './attempt.ts';
import type { Mode } from './writing.svelte.ts';

/** `id`: where two who send are on one page, each has its own. */
export const sendCommands = (writing: { readonly mode: Mode }, send: (how: How) => void, id = 'send'): Command[] => [
  { id, label: 'composer.send', group: 'composer.keys', keys: 'mod+enter', run: () => send({}) },
  {
    id: `${id}-close`,
    label: 'composer.send_close',
    group: 'composer.keys',
    keys: 'mod+shift+enter',
    when: () => writing.mode === 'reply' || writing.mode === 'reply_all',
    run: () => send({ then: { status: 'resolved' } }),
  },
];
