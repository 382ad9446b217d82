import { describe, expect, it } from 'vitest';
import { coalesced } from './coalesced.ts';

describe('coalesced work', () => {
  it('takes together what is asked for in one moment, each id once', async () => {
    const calls: string[][] = [];
    const ask = coalesced(async (ids) => void calls.push(ids), 100);
    await Promise.all([ask(['a', 'b']), ask(['b', 'c'])]);
    expect(calls).toEqual([['a', 'b', 'c']]);
  });

  it('asks for what came meanwhile afterwards, and again for what changed again', async () => {
    const calls: string[][] = [];
    const ask = coalesced(async (ids) => {
      calls.push(ids);
      if (calls.length === 1) void ask(['a', 'd']);
    }, 100);
    await ask(['a']);
    expect(calls).toEqual([['a'], ['a', 'd']]);
  });

  it('asks for no more than so many at once', async () => {
    const calls: string[][] = [];
    await coalesced(async (ids) => void calls.push(ids), 2)(['a', 'b', 'c', 'd', 'e']);
    expect(calls).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('goes on after a failure', async () => {
    let fails = true;
    const calls: string[][] = [];
    const ask = coalesced(async (ids) => {
      if (fails) throw new Error('away');
      calls.push(ids);
    }, 100);
    await expect(ask(['a'])).rejects.toThrow('away');
    fails = false;
    await ask(['b']);
    expect(calls).toEqual([['b']]);
  });
});
