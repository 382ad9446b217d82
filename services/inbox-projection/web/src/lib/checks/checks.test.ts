import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Counted } from '#lib/api/client.ts';
import { detailsOf, keyOf, programOf, spoken } from './acts.ts';
import { kinds } from './kinds.ts';
import { midnight } from './midnight.ts';
import { reasonKey, topicKey } from './reasons.ts';
import { hasDifferences, missing, overall, toLookAt, verdict } from './verdict.ts';

const counted = (given: Partial<Counted>): Counted => ({
  received: 0,
  appended: 0,
  filtered: 0,
  admitted: 0,
  quarantined: 0,
  released: 0,
  shown: 0,
  ...given,
});

describe('an hour', () => {
  it.each([
    ['all in conversations', { received: 5, appended: 5, shown: 5 }, 'all', 0],
    ['some filtered, one let in later', { received: 5, appended: 4, filtered: 2, admitted: 1, shown: 4 }, 'all', 0],
    [
      'one set aside, and one read well later',
      { received: 3, appended: 2, quarantined: 2, released: 1, shown: 2 },
      'all',
      0,
    ],
    ['nothing', {}, 'all', 0],
    ['two nowhere', { received: 5, appended: 3, shown: 3 }, 'open', 2],
    ['kept and not shown', { received: 5, appended: 5, shown: 4 }, 'unseen', 0],
    ['more than came in', { appended: 2, shown: 2 }, 'more', -2],
  ] as const)('%s', (_, given, said, left) => {
    expect(verdict(counted(given))).toBe(said);
    expect(missing(counted(given))).toBe(left);
  });
  it('has something to look at where something is in no conversation', () => {
    expect(hasDifferences(counted({ received: 1, filtered: 1 }))).toBe(true);
    expect(hasDifferences(counted({ received: 1, filtered: 1, admitted: 1, appended: 1, shown: 1 }))).toBe(false);
    expect(hasDifferences(counted({ quarantined: 1, received: 1 }))).toBe(true);
  });
  it('with a fault is not hidden by one with more', () => {
    const hours = [counted({ appended: 9, shown: 9 }), counted({ received: 2, appended: 1, shown: 1 })];
    expect(overall(hours)).toBe('open');
    expect(toLookAt(hours)).toBe(1);
    expect(overall([counted({ appended: 9, shown: 9 })])).toBe('all');
  });
});

describe('a reason', () => {
  it('is told by the class of what went wrong', () => {
    expect(reasonKey('MalformedEvent: not a JSON object')).toBe('malformed');
    expect(reasonKey('KeyNotHeld: …')).toBe('key');
    expect(reasonKey('ZeroDivisionError at fold.py:12 (fold)')).toBe('fault');
    expect(topicKey('inbound.email.v1')).toBe('email');
    expect(topicKey('inbound.pigeon.v1')).toBe('other');
  });
});

describe('an act', () => {
  it('of every kind that is audited has words in both languages', () => {
    const schemas = join(import.meta.dirname, '../i18n');
    const [en, pl] = ['en', 'pl'].map(
      (one) => JSON.parse(readFileSync(join(schemas, one, 'audit.json'), 'utf-8')) as object,
    );
    for (const kind of Object.values(kinds).flat()) {
      expect(en).toHaveProperty(keyOf(kind));
      expect(pl).toHaveProperty(keyOf(kind));
    }
    expect(spoken('CarrierPigeonFed')).toBe('Carrier pigeon fed');
  });
  it('shows what says something to a person', () => {
    const names = (_: string, id: string) => (id === 'a1' ? 'Ada' : undefined);
    expect(
      detailsOf(
        {
          links: [{ x: 1 }],
          hours: { x: 1 },
          in_app: ['mention'],
          agent_id: 'a1',
          command_id: 'x',
          label: 'vip',
          until: null,
          member_ids: ['a1', 'b'],
        },
        names,
      ),
    ).toEqual([
      { name: 'links', value: '1' },
      { name: 'in_app', value: 'mention' },
      { name: 'agent', value: 'Ada' },
      { name: 'label', value: 'vip' },
      { name: 'member', value: 'Ada' },
    ]);
  });
  it('came from a program that people know', () => {
    expect(programOf('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe(
      'Firefox 140 · Linux',
    );
    expect(
      programOf(
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
      ),
    ).toBe('Safari 18 · macOS');
    expect(programOf('curl/8.1')).toBe('curl/8.1');
    expect(programOf(null)).toBe('');
  });
});

describe('midnight', () => {
  it.each([
    ['2026-11-23', 'UTC', '2026-11-23T00:00:00.000Z'],
    ['2026-11-23', 'Europe/Warsaw', '2026-11-22T23:00:00.000Z'],
    ['2026-07-01', 'Europe/Warsaw', '2026-06-30T22:00:00.000Z'],
    ['2026-10-25', 'Europe/Warsaw', '2026-10-24T22:00:00.000Z'],
    ['2026-10-26', 'Europe/Warsaw', '2026-10-25T23:00:00.000Z'],
    ['2026-11-23', 'Pacific/Kiritimati', '2026-11-22T10:00:00.000Z'],
  ])('%s in %s', (day, zone, at) => expect(midnight(day, zone)).toBe(at));
});
