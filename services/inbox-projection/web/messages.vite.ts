/** Parses the catalogues' messages when they are built, so that no page has to bring the parser along. */

import { parse } from '@formatjs/icu-messageformat-parser';
import type { Plugin } from 'vite';

const CATALOGUE = /\/src\/lib\/i18n\/[a-z]{2}\/[\w-]+\.json$/;

/** Messages with places or plurals become syntax trees; plain ones stay text. */
export function messages(): Plugin {
  return {
    name: 'postroom-messages',
    enforce: 'pre',
    transform: {
      filter: { id: CATALOGUE },
      handler(code) {
        const parsed = Object.entries(JSON.parse(code) as Record<string, string>).map(([name, text]) => [
          name,
          /[{}']/.test(text) ? parse(text, { ignoreTag: true, captureLocation: false }) : text,
        ]);
        return { code: `export default ${JSON.stringify(Object.fromEntries(parsed))}`, moduleType: 'js', map: null };
      },
    },
  };
}
