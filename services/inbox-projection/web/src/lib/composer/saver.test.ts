import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { guardLeaving } from '#lib/desk/leaving.ts';
import { leave, outliving, saver } from './saver.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a draft', () => {
  it('is saved once a while after the last change', async () => {
    let saves = 0;
    const one = saver({ save: () => Promise.resolve(void saves++), said: () => undefined });
    one.touch();
    await vi.advanceTimersByTimeAsync(500);
    one.touch();
    await vi.advanceTimersByTimeAsync(700);
    expect(saves).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(saves).toBe(1);
  });

  it('that changes while it is saved is saved once more, never twice at a time', async () => {
    const ends: (() => void)[] = [];
    const one = saver({ save: () => new Promise<void>((resolve) => ends.push(resolve)), said: () => undefined });
    one.touch();
    await vi.advanceTimersByTimeAsync(1_000);
    one.touch();
    one.touch();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toHaveLength(2);
  });

  it('that cannot be saved says so and is tried again until it is kept', async () => {
    const said: string[] = [];
    let fails = 2;
    const one = saver({
      save: () => (fails-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve()),
      said: (state) => said.push(state),
    });
    one.touch();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(said.at(-1)).toBe('failed');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(said.at(-1)).toBe('saved');
  });

  it('is kept at once when it is asked for', async () => {
    let saves = 0;
    const one = saver({ save: () => Promise.resolve(void saves++), said: () => undefined });
    one.touch();
    await one.flush();
    await one.flush();
    expect(saves).toBe(1);
  });

  it('that was thrown away is not saved any more', async () => {
    let saves = 0;
    const one = saver({ save: () => Promise.resolve(void saves++), said: () => undefined });
    one.touch();
    one.forget();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saves).toBe(0);
  });

  it('is saved at once when the page goes away, also while an older state is saved', async () => {
    const ends: (() => void)[] = [];
    const one = saver({ save: () => new Promise<void>((resolve) => ends.push(resolve)), said: () => undefined });
    one.touch();
    leave();
    expect(ends).toHaveLength(1);
    leave();
    expect(ends).toHaveLength(1);
    one.touch();
    leave();
    expect(ends).toHaveLength(2);
    for (const end of ends) end();
    await vi.advanceTimersByTimeAsync(1);
    ends.at(-1)?.();
    await vi.advanceTimersByTimeAsync(1);
    leave();
    expect(ends).toHaveLength(3);
  });

  it('that is saved while the page is hidden again and again is not sent each time', async () => {
    let saves = 0;
    const one = saver({ save: () => (saves++, new Promise<void>(() => undefined)), said: () => undefined });
    one.touch();
    leave();
    one.touch();
    for (let times = 0; times < 5; times += 1) leave();
    expect(saves).toBe(2);
    one.forget();
  });

  it('that could not be kept keeps the page from being left unasked, until it is', async () => {
    const page = new EventTarget() as Window;
    const leaves = () => page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    const unguarded = guardLeaving(page);
    let fails = true;
    const save = () => (fails ? Promise.reject(new Error('away')) : Promise.resolve());
    const one = saver({ save, said: () => undefined });
    one.touch();
    expect(leaves()).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(leaves()).toBe(false);
    fails = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(leaves()).toBe(true);
    unguarded();
  });

  it('outlives its page unless it is too large for that', () => {
    expect(outliving({ text: 'a' })).toEqual({ body: { text: 'a' }, keepalive: true });
    expect(outliving({ text: 'ż'.repeat(40_000) }).keepalive).toBe(false);
  });
});
