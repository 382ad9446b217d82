/** A snippet as its form has it, and as the API takes it; pure. */

import type { Snippet, SnippetNew } from '#lib/api/client.ts';
import { isFormatted } from '#lib/composer/html.ts';
import type { Attachment } from '#lib/composer/uploads.svelte.ts';

export interface SnippetDraft {
  name: string;
  folder: string;
  shared: boolean;
  /** With bold, lists and links: then `html` counts, and `text` is what it says without them. */
  formatted: boolean;
  text: string;
  html: string;
}

export function draftOf(snippet: Snippet | null): SnippetDraft {
  const { name = '', folder = '', shared = false, text = '', html = null } = snippet ?? {};
  return { name, folder, shared, formatted: html !== null, text, html: html ?? '' };
}

/** HTML that says no more than the text is left out. */
export function bodyOf(draft: SnippetDraft, attachment_ids: string[]): SnippetNew {
  const { name, folder, shared, formatted, text, html } = draft;
  const written = formatted && isFormatted(html) ? html : null;
  return { name: name.trim(), folder: folder.trim(), shared, text, html: written, attachment_ids };
}

/** The snippet's files, as files that are up already. */
export function attached(snippet: Snippet | null): Attachment[] {
  return (snippet?.attachments ?? []).map((one) => ({
    key: one.id,
    name: one.name,
    size: one.size,
    type: one.content_type,
    uploaded: { ...one, url: '' },
    progress: 1,
    problem: null,
    file: null,
  }));
}
