import { describe, expect, it } from 'vitest';
import { withNewest } from './filtered.ts';

const those = (words: string) => [...words].map((id) => ({ id }));
const said = (found: { id: string }[] | null) => found?.map((one) => one.id).join('');

describe('mails that were kept out, read again', () => {
  it('come in on top of those that were read further', () => {
    expect(said(withNewest(those('cba'), those('edcb')))).toBe('edcba');
  });

  it('take the places of their former states', () => {
    const [first] =
      withNewest(
        [
          { id: 'b', in: false },
          { id: 'a', in: false },
        ],
        [{ id: 'b', in: true }],
      ) ?? [];
    expect(first).toEqual({ id: 'b', in: true });
  });

  it('stand for themselves where more came than was read, or nothing was known', () => {
    expect(withNewest(those('ba'), those('zyx'))).toBeNull();
    expect(withNewest([], those('a'))).toBeNull();
  });
});
