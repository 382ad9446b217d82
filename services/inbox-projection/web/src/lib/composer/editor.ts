/** The rich text editor: fed with nothing but clean HTML. */

import DOMPurify from 'dompurify';
import Squire from 'squire-rte';

const TAGS = [
  'div',
  'p',
  'br',
  'b',
  'strong',
  'i',
  'em',
  'u',
  's',
  'a',
  'ul',
  'ol',
  'li',
  'blockquote',
  'img',
  'pre',
  'code',
  'span',
];

/** Makes the element an editor. No styles, classes or images from elsewhere get in, whatever is pasted. */
export function editorIn(root: HTMLElement): Squire {
  return new Squire(root, { blockTag: 'DIV', sanitizeToDOMFragment: clean, addLinks: true });
}

function clean(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href', 'src', 'alt'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const image of fragment.querySelectorAll('img')) {
    if (!image.getAttribute('src')?.startsWith('/api/v1/uploads/')) image.remove();
  }
  return document.importNode(fragment, true);
}
