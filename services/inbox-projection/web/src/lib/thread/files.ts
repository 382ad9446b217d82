/** What a file can be shown as; pure. */

import type { Attached, Message } from '#lib/api/client.ts';

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']);
const TEXTS = /^(text\/(?!html|calendar)[\w.+-]+|application\/(json|xml|x-yaml|csv))$/;
const READABLE_BYTES = 512 * 1024;

/** Images and shorter texts have a preview; HTML and SVG are never opened as pages. */
export function kindOf(file: Pick<Attached, 'content_type' | 'size'>): 'image' | 'text' | 'file' {
  const type = (file.content_type.split(';')[0] ?? '').trim().toLowerCase();
  if (IMAGES.has(type)) return 'image';
  return TEXTS.test(type) && file.size <= READABLE_BYTES ? 'text' : 'file';
}

/** The files that are listed below a message: those that its HTML does not show in place. */
export function listed(message: Pick<Message, 'attachments' | 'html'>): Attached[] {
  return message.attachments.filter((one) => !one.inline || !message.html?.includes(one.url));
}
