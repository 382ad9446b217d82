/** The rich text editor: loaded when somebody writes, fed with nothing but clean HTML. */

import type Squire from 'squire-rte';

export interface Editor {
  squire: Squire;
  destroy: () => void;
}

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

/** What it is made of, loaded when somebody writes. */
export const libraries = () => Promise.all([import('squire-rte'), import('dompurify')]);

/** Makes the element an editor. No styles, classes or images from elsewhere get in, whatever is pasted. */
export async function editorIn(root: HTMLElement): Promise<Editor> {
  const [{ default: SquireClass }, { default: DOMPurify }] = await libraries();
  const clean = (html: string): DocumentFragment => {
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
  };
  const squire = new SquireClass(root, { blockTag: 'DIV', sanitizeToDOMFragment: clean, addLinks: true });
  return { squire, destroy: () => squire.destroy() };
}
