import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '#lib/api/client.ts';
import { attempt, problems } from './problems.svelte.ts';

const away = () => new Problem(0, 'network', 'No connection');
const closing = (count: number) => `${count} not closed`;

beforeEach(() => problems.shown.forEach((one) => problems.close(one.id)));

describe('what failed', () => {
  it('ten times alike is one note that says ten, and to try again tries all ten in their order', async () => {
    const tried: number[] = [];
    for (let at = 0; at < 10; at += 1) {
      problems.show({ title: closing, count: 1 }, away(), () => void tried.push(at));
    }
    expect(problems.shown.map((one) => one.title)).toEqual(['10 not closed']);
    await problems.retry(problems.shown[0]?.id ?? 0);
    expect(tried).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(problems.shown).toEqual([]);
  });

  it('for another reason, or at another act, is another note; none hides an earlier one', () => {
    problems.show({ title: closing, count: 2 }, away());
    problems.show({ title: closing, count: 3 }, new Problem(409, 'merged', 'Merged'));
    for (const title of ['A', 'B', 'C', 'D']) problems.show(title, away());
    expect(problems.shown.map((one) => one.title)).toEqual(['2 not closed', '3 not closed', 'A', 'B', 'C', 'D']);
  });

  it('again when it was tried again is said again, with all of it', async () => {
    let works = false;
    const act = () => (works ? Promise.resolve() : Promise.reject(away()));
    expect(await attempt('Not moved', act)).toBe(false);
    expect(await attempt('Not moved', act)).toBe(false);
    expect(problems.shown).toMatchObject([{ title: 'Not moved (2×)' }]);
    await problems.retry(problems.shown[0]?.id ?? 0);
    expect(problems.shown).toMatchObject([{ title: 'Not moved (2×)' }]);
    works = true;
    await problems.retry(problems.shown[0]?.id ?? 0);
    expect(problems.shown).toEqual([]);
  });
});
