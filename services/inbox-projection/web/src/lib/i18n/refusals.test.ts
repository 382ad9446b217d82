import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Problem } from '#lib/api/problem.ts';
import { said } from '#lib/ui/said.ts';
import { i18n } from './language.svelte.ts';
import { fieldWords, whyRefused } from './refusals.ts';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
vi.stubGlobal('document', { documentElement: { lang: '' } });
vi.stubGlobal('navigator', { languages: ['en-GB'] });
afterAll(() => vi.unstubAllGlobals());

const field = (code: string, limit: number | null = null) => fieldWords({ detail: 'English', code, limit }, 'x');

describe('a refusal', () => {
  beforeAll(async () => {
    await i18n.speak('pl');
    await i18n.refusals();
  });

  it('is told in the language of the page, with what to do', () => {
    const { what, next } = said(new Problem(409, 'already-sent', 'Conflict', 'The reply is being sent.'));
    expect(what).toBe('Ta odpowiedź jest już w drodze, więc nie można jej cofnąć.');
    expect(next).toBe('Jeśli trzeba coś sprostować, napisz kolejną.');
  });

  it('that nobody has words for is one all the same, with what the API says', () => {
    const unheard = new Problem(409, 'never-heard-of', 'Conflict', 'The moon is full.');
    expect(said(unheard)).toEqual({ what: 'Odmówiono.', next: 'The moon is full.' });
    expect(whyRefused('never-heard-of')).toBeNull();
  });

  it('names every field that is wrong', () => {
    const errors = [
      { where: ['body', 'name'], detail: 'English', code: 'string_too_long', limit: 3 },
      { where: ['body', 'settings', 'imap'], detail: 'English', code: 'missing' },
    ];
    const problem = new Problem(422, 'invalid-request', 'Unprocessable', 'The request is not valid.', errors);
    expect(said(problem)).toEqual({
      what: 'Coś w formularzu się nie zgadza.',
      next: 'Zmieszczą się najwyżej 3 znaki. (name) · To pole jest wymagane. (settings › imap)',
    });
    expect(problem.of('name')).toBe('Zmieszczą się najwyżej 3 znaki.');
    expect(said(problem).next).toBe('To pole jest wymagane. (settings › imap)'); // the other is told beside its field
  });

  it('by a code of its own is what is said beside its field', () => {
    const errors = [{ where: ['body', 'attachment_ids'], detail: 'English' }];
    const problem = new Problem(422, 'too-many-files', 'Unprocessable', '', errors);
    expect(problem.of('attachment_ids')).toBe('To za dużo plików na jeden e-mail.');
  });

  it('is told in the new language when another one is spoken', async () => {
    await i18n.speak('en');
    expect(whyRefused('already-sent')).toBe('This reply is on its way already, so it cannot be taken back.');
    await i18n.speak('pl');
    expect(whyRefused('already-sent')).toContain('w drodze');
  });

  it.each([
    ['uuid_parsing', 'Tego, co wybrano, już nie ma. Wybierz ponownie.'],
    ['datetime_from_date_parsing', 'Podaj istniejącą datę i godzinę.'],
    ['timezone_aware', 'Podaj istniejącą datę i godzinę.'],
    ['time_zone', 'Nie ma takiej strefy czasowej. Wybierz z listy.'],
    ['int_from_float', 'Wpisz liczbę całkowitą.'],
    ['float_parsing', 'Wpisz liczbę.'],
    ['literal_error', 'Wybierz jedną z podanych możliwości.'],
    ['string_pattern_mismatch', 'Zapis jest nieprawidłowy.'],
    ['string_type', 'Ta wartość jest niewłaściwego rodzaju.'],
    ['what_pydantic_says_next_year', 'English'],
  ])('of a field by %s has its words', (code, words) => {
    expect(field(code)).toBe(words);
  });
});
