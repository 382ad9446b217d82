/** The commands by which what is written is sent. */

import type { Command } from '#lib/keys/index.svelte.ts';
import type { How } from './attempt.ts';
import type { Writing } from './writing.svelte.ts';

export const sendCommands = (writing: Writing, send: (how: How) => void): Command[] => [
  { id: 'send', label: 'composer.send', group: 'composer.keys', keys: 'mod+enter', run: () => send({}) },
  {
    id: 'send-close',
    label: 'composer.send_close',
    group: 'composer.keys',
    keys: 'mod+shift+enter',
    when: () => writing.mode === 'reply' || writing.mode === 'reply_all',
    run: () => send({ then: { status: 'resolved' } }),
  },
];
