import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';

const CATALOGUES = {
  en: { 'frame.hello': 'Hello' },
  'en.rest': { 'frame.later': 'Later' },
  pl: { 'frame.hello': 'Witaj' },
  'pl.rest': { 'frame.later': 'Potem' },
};
/** Words come when a test lets them, as from a slow network. */
let come: Record<string, () => void> = {};

function hold(): void {
  come = {};
  for (const [name, catalogue] of Object.entries(CATALOGUES)) {
    const { promise, resolve } = Promise.withResolvers<null>();
    come[name] = () => resolve(null);
    vi.doMock(`./${name}.ts`, () => promise.then(() => ({ default: catalogue })));
  }
}

const kept = new Map<string, string>();
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
});
vi.stubGlobal('document', { documentElement: { lang: '' } });
vi.stubGlobal('navigator', { languages: ['en-GB'] });
afterAll(() => vi.unstubAllGlobals());

describe('the language of the page', () => {
  let i18n: (typeof import('./language.svelte.ts'))['i18n'];
  let t: (typeof import('./language.svelte.ts'))['t'];

  beforeEach(async () => {
    vi.resetModules();
    hold();
    kept.clear();
    ({ i18n, t } = await import('./language.svelte.ts'));
  });

  it('is the one asked for last, even if the words of the former come later', async () => {
    const begun = i18n.ready();
    const own = i18n.speak('pl');
    come.pl?.();
    await own;
    come.en?.();
    await begun;
    expect(t('frame.hello')).toBe('Witaj');
    expect(kept.get('postroom.language')).toBe('pl');
    expect(document.documentElement.lang).toBe('pl');
  });

  it('is waited for by who asked for another one before', async () => {
    let shown = '';
    const begun = i18n.ready().then(() => (shown = t('frame.hello')));
    void i18n.speak('pl');
    come.en?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(shown).toBe('');
    come.pl?.();
    await begun;
    expect(shown).toBe('Witaj');
  });

  it('stays when a page is opened after it was asked for', async () => {
    come.en?.();
    come.pl?.();
    await i18n.speak('pl');
    kept.set('postroom.language', 'en'); // another tab spoke English meanwhile
    await i18n.ready();
    expect(t('frame.hello')).toBe('Witaj');
  });

  it('has the later words of the new language when the former had them', async () => {
    for (const name of ['en', 'en.rest', 'pl', 'pl.rest']) come[name]?.();
    await i18n.ready();
    await i18n.whole();
    expect(t('frame.later')).toBe('Later');
    await i18n.speak('pl');
    expect(t('frame.later')).toBe('Potem');
  });

  it('is what the device spoke last until it is known who is logged in', async () => {
    come.pl?.();
    kept.set('postroom.language', 'pl');
    await i18n.ready();
    expect(i18n.language).toBe('pl');
  });
});
