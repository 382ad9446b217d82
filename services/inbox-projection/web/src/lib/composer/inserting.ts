/** What comes into the text from elsewhere: a snippet, or what was typed while one was looked for. */

import type Squire from 'squire-rte';
import type { Rendered } from '#lib/api/client.ts';
import { escapeHtml, htmlOf, incoming } from './html.ts';
import { slashed } from './slash.ts';

/** A snippet as it can go into plain text; its pictures are among its files. */
export const plainOf = (rendered: Rendered): Rendered => ({ ...rendered, html: null });

/** Puts a snippet where the caret is; `asked`: in the place of the "/" by which it was asked for. */
export function insertSnippet(editor: Squire, rendered: Rendered, asked: boolean): void {
  editor.focus();
  const found = asked ? slashed(editor) : null;
  if (found) editor.setSelection(found.range);
  editor.insertHTML(rendered.html ? incoming(rendered.html) : htmlOf(rendered.text));
}

/** Puts characters where the caret is. */
export function insertTyped(editor: Squire, typed: string): void {
  editor.focus();
  if (typed) editor.insertHTML(escapeHtml(typed).replaceAll(' ', '&nbsp;'));
}
