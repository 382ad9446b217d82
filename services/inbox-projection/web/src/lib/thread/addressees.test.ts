import { describe, expect, it } from 'vitest';
import { addressees } from './addressees.ts';

const people = (words: string) => words.split(' ').map((name) => ({ name, address: `${name}@client.test` }));
const list = (names: string[]) => names.join('+');

describe('to whom a message went', () => {
  it('is said field by field, the first people by name', () => {
    expect(addressees({ to: people('ada bob'), cc: people('cy di ed fay gus'), bcc: [] }, list)).toEqual([
      { field: 'to', whom: 'ada+bob', more: 0 },
      { field: 'cc', whom: 'cy+di+ed', more: 2 },
    ]);
  });

  it('is said of a pure blind copy, too', () => {
    const bcc = [{ name: '', address: 'zofia@client.test' }];
    expect(addressees({ to: [], cc: [], bcc }, list)).toEqual([{ field: 'bcc', whom: 'zofia@client.test', more: 0 }]);
    expect(addressees({ to: [], cc: [], bcc: [] }, list)).toEqual([]);
  });
});
