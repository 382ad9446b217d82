import { describe, expect, it } from 'vitest';
import { filtersOf, filtersSet, periodAsked, queryOf, readAsked, stepAsked, usual } from './asked.ts';
import { csvOf, linesOf } from './csv.ts';
import { before, dayOf, daysBetween, isDay, monthStart, plusDays, weekStart } from './days.ts';
import { periodOf, pieceOf, presets, stepFor } from './periods.ts';
import { change, flat, joined, rowsBy, rowsOver, sorted } from './rows.ts';

const today = '2026-11-23'; // a Monday

describe('days', () => {
  it('are those of the agent’s zone', () => {
    const at = Date.parse('2026-11-23T23:30:00Z');
    expect(dayOf(at, 'UTC')).toBe('2026-11-23');
    expect(dayOf(at, 'Europe/Warsaw')).toBe('2026-11-24');
    expect(dayOf(at, 'Pacific/Honolulu')).toBe('2026-11-23');
  });
  it('go over ends of months, years and clock changes', () => {
    expect(plusDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(plusDays('2026-03-28', 2)).toBe('2026-03-30');
    expect(monthStart('2026-01-31', -1)).toBe('2025-12-01');
    expect(weekStart('2026-11-29')).toBe('2026-11-23');
    expect(daysBetween('2026-10-24', '2026-10-26')).toBe(2);
  });
  it('are told from what only looks like one', () => {
    expect(['2026-02-28', '2024-02-29'].every(isDay)).toBe(true);
    expect(['2026-02-29', '2026-2-1', '', '2026-11-23T00:00', 'today'].some(isDay)).toBe(false);
  });
});

describe('periods', () => {
  it.each([
    ['today', '2026-11-23', '2026-11-24'],
    ['yesterday', '2026-11-22', '2026-11-23'],
    ['last_7', '2026-11-17', '2026-11-24'],
    ['last_30', '2026-10-25', '2026-11-24'],
    ['this_week', '2026-11-23', '2026-11-24'],
    ['last_week', '2026-11-16', '2026-11-23'],
    ['this_month', '2026-11-01', '2026-11-24'],
    ['last_month', '2026-10-01', '2026-11-01'],
    ['this_year', '2026-01-01', '2026-11-24'],
  ] as const)('%s', (preset, from, to) => {
    expect(periodOf(preset, today)).toEqual({ from, to });
  });
  it('are compared with as much time before, months with months', () => {
    expect(before('2026-10-25', '2026-11-24')).toEqual({ from: '2026-09-25', to: '2026-10-25' });
    expect(before('2026-10-01', '2026-11-01')).toEqual({ from: '2026-09-01', to: '2026-10-01' });
    expect(before('2026-01-01', '2026-03-01')).toEqual({ from: '2025-11-01', to: '2026-01-01' });
  });
  it('fall into pieces that a chart can show', () => {
    expect(presets.map((preset) => stepFor(periodOf(preset, today)))).toEqual([
      'hour',
      'hour',
      'day',
      'day',
      'week',
      'hour',
      'day',
      'day',
      'day',
      'week',
    ]);
    expect(stepAsked({ ...usual, step: 'hour' }, periodOf('last_90', today))).toBe('week');
    expect(stepAsked({ ...usual, step: 'month' }, periodOf('last_7', today))).toBe('month');
  });
  it('cut their first and last pieces', () => {
    const period = { from: '2026-10-25', to: '2026-11-24' };
    expect(pieceOf('week', '2026-10-19', period)).toEqual({ from: '2026-10-25', to: '2026-10-26' });
    expect(pieceOf('month', '2026-11', period)).toEqual({ from: '2026-11-01', to: '2026-11-24' });
    expect(pieceOf('day', '2026-11-02', period)).toEqual({ from: '2026-11-02', to: '2026-11-03' });
    expect(pieceOf('hour', '2026-10-25T02:00+02:00', period)).toEqual({
      from: '2026-10-25T00:00:00.000Z',
      to: '2026-10-25T01:00:00.000Z',
    });
  });
});

describe('what is asked', () => {
  it('goes into the address and comes back', () => {
    const asked = {
      ...usual,
      period: 'custom' as const,
      first: '2026-01-01',
      last: '2026-01-31',
      team: 'none',
      compare: true,
      sort: '-n',
    };
    expect(readAsked(new URLSearchParams(queryOf(asked)))).toEqual(asked);
    expect(periodAsked(asked, today)).toEqual({ from: '2026-01-01', to: '2026-02-01' });
    expect(queryOf(usual)).toBe('');
  });
  it.each([
    'period=for_ever',
    'period=custom',
    'period=custom&first=2026-02-01&last=2026-01-01',
    'by=label',
    'step=minute',
    'channel=pigeon',
  ])('is as usual where the address says nonsense: %s', (query) =>
    expect(readAsked(new URLSearchParams(query))).toEqual(usual),
  );
  it('filters by what is set only', () => {
    const asked = { ...usual, inbox: 'i', agent: 'none', definition: 'v1-business-hours' };
    expect(filtersOf(asked)).toEqual({ inbox_id: 'i', agent_id: 'none' });
    expect(filtersSet(asked)).toBe(3);
  });
});

const ada = { group: { agent_id: 'ada' }, n: 3, median_ms: 500, histogram: { '0-1h': 3 } };
const ben = { group: { agent_id: 'ben' }, n: 1, median_ms: null, histogram: { '0-1h': 0 } };
const name = (group: Record<string, string | null>) => group['agent_id'] ?? 'nobody';

describe('rows', () => {
  it('have flat numbers', () => {
    expect(flat(ada)).toEqual({ n: 3, median_ms: 500, '0-1h': 3 });
  });
  it('stand beside those of the period before, and who left stays', () => {
    const rows = rowsBy([ada], [ben], name);
    expect(rows.map((row) => [row.label, row.numbers['n'], row.before?.['n']])).toEqual([
      ['ada', 3, 0],
      ['ben', 0, 1],
    ]);
    expect(rows[1]?.numbers['median_ms']).toBeNull();
    expect(rowsBy([ada], null, name)[0]?.before).toBeNull();
  });
  it('of time stand beside the same place of the period before', () => {
    const over = rowsOver(
      [{ group: { day: '2' }, n: 1 } as never],
      [{ group: { day: '1' }, n: 5 } as never],
      () => 'x',
    );
    expect(over[0]?.before).toEqual({ n: 5 });
  });
  it('of two reports become one', () => {
    const [row] = joined(
      rowsBy([ada], null, name),
      rowsBy([{ group: { agent_id: 'ada' }, received: 7 } as never], null, name),
    );
    expect(row?.numbers).toMatchObject({ n: 3, received: 7 });
  });
  it('are sorted by numbers or words, none last', () => {
    const rows = rowsBy([ben, ada], null, name);
    const order = (by: string) => sorted(rows, by).map((row) => row.label);
    expect(order('-n')).toEqual(['ada', 'ben']);
    expect(order('median_ms')).toEqual(['ada', 'ben']);
    expect(order('-median_ms')).toEqual(['ada', 'ben']);
    expect(order('-label')).toEqual(['ben', 'ada']);
    expect(order('')).toEqual(['ben', 'ada']);
  });
  it('changed by a share, where there was something', () => {
    expect(change(15, 10)).toBe(0.5);
    expect([change(1, 0), change(null, 3), change(3, null)]).toEqual([null, null, null]);
  });
});

describe('CSV', () => {
  it('quotes what must be and lets nothing be a formula', () => {
    expect(
      csvOf(
        ['a', 'b'],
        [
          ['x,"y"', -1],
          ['=HYPERLINK("http://evil")', null],
        ],
      ),
    ).toBe('\uFEFFa,b\r\n"x,""y""",-1\r\n"\'=HYPERLINK(""http://evil"")",\r\n');
  });
});

it('the rows of a report become lines with the ids of their groups, and beside each number the one before', () => {
  const rows = [
    { key: 'a', label: 'Ada', group: { agent_id: '1' }, numbers: { n: 2, median: 5 }, before: { n: 1, median: null } },
    { key: 'b', label: 'Bob', group: { agent_id: '2' }, numbers: { n: 3, median: null }, before: null },
  ];
  expect(linesOf(rows, ['n', 'median'], false)).toEqual({
    names: ['agent_id', 'n', 'median'],
    lines: [
      ['Ada', '1', 2, 5],
      ['Bob', '2', 3, null],
    ],
  });
  expect(linesOf(rows, ['n'], true)).toEqual({
    names: ['agent_id', 'n', 'n_before'],
    lines: [
      ['Ada', '1', 2, 1],
      ['Bob', '2', 3, null],
    ],
  });
  expect(linesOf([], ['n'], false)).toEqual({ names: ['n'], lines: [] });
});
