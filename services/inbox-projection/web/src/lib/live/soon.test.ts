import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { soon } from './soon.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('does what is asked for several times once, and again when it is asked for later', () => {
  let done = 0;
  const { ask } = soon(() => (done += 1), 100);
  ask();
  ask();
  vi.advanceTimersByTime(99);
  ask();
  expect(done).toBe(0);
  vi.advanceTimersByTime(1);
  expect(done).toBe(1);
  vi.advanceTimersByTime(200);
  expect(done).toBe(1);
  ask();
  vi.advanceTimersByTime(100);
  expect(done).toBe(2);
});

it('does nothing that was given up', () => {
  let done = 0;
  const { ask, cancel } = soon(() => (done += 1), 100);
  ask();
  cancel();
  vi.advanceTimersByTime(200);
  expect(done).toBe(0);
});
