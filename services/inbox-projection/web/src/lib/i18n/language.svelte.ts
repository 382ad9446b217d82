/** The language that the page speaks: the agent's own, before a log-in the browser's. */

import { Messages, type Catalogue, type Values } from './messages.ts';

export type Language = 'en' | 'pl';

/** How each language is called in itself. */
export const languages: Record<Language, string> = { en: 'English', pl: 'Polski' };

type Words = () => Promise<{ default: Catalogue }>;
/** What the first page needs; the rest, which every other page waits for; and what only who is refused something reads. */
const catalogues: Record<Language, Record<'first' | Later, Words>> = {
  en: {
    first: () => import('./en.ts'),
    rest: () => import('./en.rest.ts'),
    refusals: () => import('./en.refusals.ts'),
  },
  pl: {
    first: () => import('./pl.ts'),
    rest: () => import('./pl.rest.ts'),
    refusals: () => import('./pl.refusals.ts'),
  },
};
type Later = 'rest' | 'refusals';
/** What came later, or is on its way, and in which language. */
const later: Record<Later, { language: Language; words: Promise<void> } | null> = { rest: null, refusals: null };
/** The language asked for last, and when it is spoken. */
let wanted: Language | null = null;
let spoken: Promise<void> | null = null;

const REMEMBERED = 'postroom.language';
const PATIENCE_MS = 2_000;

let messages = $state.raw<Messages>(new Messages('en', {}));
let zone = $state<string | undefined>(undefined);

export const i18n = {
  get language(): Language {
    return messages.language as Language;
  },
  /** The locale that dates and numbers are written by: the browser's own variant of the language, where it has one. */
  get locale(): string {
    const own = navigator.languages.find((one) => one.toLowerCase().startsWith(messages.language) && isLocale(one));
    return own ?? (messages.language === 'en' ? 'en-GB' : messages.language);
  },
  /** The agent's time zone; undefined: the machine's. */
  get zone(): string | undefined {
    return zone;
  },
  /**
   * Speaks another language as soon as its words are there: all that were there of the former. What was asked for last
   * is spoken, whichever words come first; who asked for another before waits for the same.
   */
  speak(language: string, timeZone?: string): Promise<void> {
    if (timeZone) zone = timeZone;
    const asked = supported(language);
    if (asked !== wanted || !spoken) {
      wanted = asked;
      const change = turnTo(asked);
      spoken = change;
      change.catch(() => spoken === change && (spoken = null)); // asked for again by who wants it next
    }
    return spoken;
  },
  /** Resolves when there are words to speak with: of what was asked for, else of what this device spoke last. */
  ready(): Promise<void> {
    return spoken ?? i18n.speak(i18n.remembered());
  },
  /** Resolves when every word of the language is there. */
  whole(): Promise<void> {
    return added('rest');
  },
  /** Resolves when there are words for refusals, or cannot be had soon: what was refused is told all the same. */
  async refusals(): Promise<void> {
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([added('refusals').catch(() => undefined), patience]);
  },
  /** A part of a page that comes later, once every word for it is there, too. */
  async worded<Part>(part: Promise<Part>): Promise<Part> {
    const [found] = await Promise.all([part, i18n.whole()]);
    return found;
  },
  /** What was spoken on this device last: a guess until it is known who is logged in. */
  remembered(): Language {
    return supported(localStorage.getItem(REMEMBERED) ?? i18n.ofBrowser());
  },
  /** The first language of the browser that there is a catalogue of. */
  ofBrowser(): Language {
    const known = navigator.languages.map((one) => one.slice(0, 2).toLowerCase());
    return (known.find((one) => one in languages) as Language | undefined) ?? 'en';
  },
};

/** Resolves when the words of a later part are there, too. */
function added(part: Later): Promise<void> {
  const language = i18n.language;
  const before = later[part];
  if (before?.language === language) return before.words;
  const words = catalogues[language][part]().then(({ default: more }) => {
    if (i18n.language === language) messages = new Messages(language, { ...messages.catalogue, ...more });
  });
  later[part] = { language, words };
  words.catch(() => (later[part] = null)); // asked for again by who needs it next
  return words;
}

async function turnTo(language: Language): Promise<void> {
  const first = (await catalogues[language].first()).default;
  const parts = (Object.keys(later) as Later[]).filter((part) => later[part]);
  const found = await Promise.all(parts.map((part) => catalogues[language][part]()));
  if (language !== wanted) return spoken ?? undefined;
  messages = new Messages(language, Object.assign({ ...first }, ...found.map((one) => one.default)) as Catalogue);
  for (const part of parts) later[part] = { language, words: Promise.resolve() };
  document.documentElement.lang = language;
  localStorage.setItem(REMEMBERED, language);
}

/** Browsers pass on what the system calls a language, which may be no locale (`en-US@posix`). */
function isLocale(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length > 0;
  } catch {
    return false;
  }
}

function supported(language: string): Language {
  const short = language.slice(0, 2).toLowerCase();
  return short in languages ? (short as Language) : 'en';
}

/** The text of a key (`area.name`), with values for its places and plurals: `t('frame.selected', { count: 3 })`. */
export function t(key: string, values?: Values): string {
  return messages.text(key, values);
}

/** Whether there is a text: for keys that are made of what the API says, like codes of problems. */
export function known(key: string): boolean {
  return messages.has(key);
}
