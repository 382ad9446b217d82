import { describe, expect, it } from 'vitest';
import { waiting } from '#lib/api/client.ts';
import { inOrder } from './order.ts';

/** Work that ends when it is told to. */
function work(name: string, done: string[]) {
  let end: (fails?: boolean) => void = () => undefined;
  const run = () =>
    new Promise<void>((resolve, reject) => {
      done.push(`${name} begins`);
      end = (fails = false) => (fails ? reject(new Error(name)) : resolve());
    });
  return { run, end: (fails?: boolean) => end(fails) };
}

describe('what is done to one conversation', () => {
  it('waits for what was done to it before, though that fails; others wait for nothing', async () => {
    const done: string[] = [];
    const [closed, reopened, other] = [work('close', done), work('reopen', done), work('other', done)];
    const first = inOrder(['a', 'b'], closed.run);
    const second = inOrder(['b'], reopened.run, 'status');
    const apart = inOrder(['c'], other.run);
    expect(done).toEqual(['close begins', 'other begins']);
    expect(waiting.kinds).toEqual([['status', 1]]);
    closed.end(true);
    await expect(first).rejects.toThrow('close');
    await expect.poll(() => done).toEqual(['close begins', 'other begins', 'reopen begins']);
    expect(waiting.count).toBe(0);
    reopened.end();
    other.end();
    await Promise.all([second, apart]);
  });
});
