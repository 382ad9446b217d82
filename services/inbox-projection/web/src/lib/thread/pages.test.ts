import { describe, expect, it } from 'vitest';
import { joined, newerThan, prepended, spokenUpTo, unsettledDepth, withLine } from './pages.ts';
import { line } from './testing.ts';

const ids = (lines: { id: string }[]) => lines.map((one) => one.id).join('');
const abc = [line('a', { sequence: 1 }), line('b', { sequence: 2 }), line('c', { sequence: 3 })];

describe('a thread whose end is read again', () => {
  it('keeps what lies before the page, and where older lines are read', () => {
    const known = { lines: abc, older: 'before a' };
    const now = joined(known, [line('c', { sequence: 3 }), line('d', { sequence: 4 })], 'before c');
    expect(ids(now.lines)).toBe('abcd');
    expect(now.older).toBe('before a');
  });

  it('keeps lines that did not change as the same objects', () => {
    const now = joined(
      { lines: abc, older: null },
      [line('b', { sequence: 2 }), line('c', { sequence: 3, text: 'new' })],
      null,
    );
    expect(now.lines[1]).toBe(abc[1]);
    expect(now.lines[2]?.text).toBe('new');
  });

  it('begins anew where the page leaves a hole, so that nothing is missing in between', () => {
    const now = joined({ lines: abc, older: null }, [line('x', { sequence: 60 })], 'before x');
    expect(ids(now.lines)).toBe('x');
    expect(now.older).toBe('before x');
  });

  it('takes a line out that went to another conversation', () => {
    expect(
      ids(joined({ lines: abc, older: null }, [line('a', { sequence: 1 }), line('c', { sequence: 3 })], null).lines),
    ).toBe('ac');
  });

  it('has no line twice when an older page overlaps', () => {
    expect(ids(prepended({ lines: abc, older: 'x' }, [line('z'), line('a')], null).lines)).toBe('zabc');
  });

  it('shows a line that a write answered, in its place or at the end', () => {
    const known = { lines: abc, older: null };
    expect(withLine(known, line('b', { text: 'sent' })).lines[1]?.text).toBe('sent');
    expect(ids(withLine(known, line('d')).lines)).toBe('abcd');
  });
});

describe('what has to be read again', () => {
  it('reaches back to the first reply whose delivery may change', () => {
    const waiting = line('w', {
      delivery: { state: 'queued', reason: null, can_retry: false, due_at: null, held: null },
    });
    expect(unsettledDepth([waiting, ...Array.from({ length: 80 }, (_, index) => line(`l${index}`))])).toBe(81);
    expect(unsettledDepth(abc)).toBe(50);
  });
});

describe('what came while somebody was writing', () => {
  const spoken = [
    line('a', { sequence: 1 }),
    line('b', { sequence: 4, author: { kind: 'agent', id: 'me', name: 'Me', avatar_url: null } }),
    line('c', { sequence: 5, kind: 'activity' }),
    line('d', { sequence: 6, kind: 'comment' }),
  ];

  it('is what others said, not what happened', () => {
    expect(ids(newerThan(spoken, 1, 'me'))).toBe('d');
    expect(newerThan(spoken, 6, 'me')).toEqual([]);
  });

  it('counts from the newest that was said', () => {
    expect(spokenUpTo(spoken)).toBe(6);
    expect(spokenUpTo([])).toBe(0);
  });
});
