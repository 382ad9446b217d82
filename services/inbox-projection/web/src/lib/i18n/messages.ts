/** Text of a catalogue filled with values (ICU MessageFormat); pure. */

import { IntlMessageFormat } from 'intl-messageformat';

type Parsed = Exclude<ConstructorParameters<typeof IntlMessageFormat>[0], string>;

export type Values = Record<string, string | number | boolean | Date | null | undefined>;
/** A message is text, or what the build parsed it into. */
export type Catalogue = Record<string, string | Parsed>;

/** One flat catalogue out of files: the key `reply` of `inbox.json` becomes `inbox.reply`. */
export function joined(files: Record<string, Catalogue>): Catalogue {
  const all: Catalogue = {};
  for (const [path, entries] of Object.entries(files)) {
    const area = path.replace(/^.*\//, '').replace(/\.json$/, '');
    for (const [name, text] of Object.entries(entries)) all[`${area}.${name}`] = text;
  }
  return all;
}

/** Fills messages of one language; what was parsed once is kept. */
export class Messages {
  readonly #parsed = new Map<string, IntlMessageFormat>();

  constructor(
    readonly language: string,
    readonly catalogue: Catalogue,
  ) {}

  has(key: string): boolean {
    return key in this.catalogue;
  }

  /** The key itself where there is no such message: a test finds those. */
  text(key: string, values?: Values): string {
    const message = this.catalogue[key];
    if (message === undefined) return key;
    if (typeof message === 'string' && !/[{}']/.test(message)) return message;
    let parsed = this.#parsed.get(key);
    if (parsed === undefined) {
      parsed = new IntlMessageFormat(message, this.language, undefined, { ignoreTag: true });
      this.#parsed.set(key, parsed);
    }
    return String(parsed.format(values));
  }
}
