import { describe, expect, it } from 'vitest';
import { dayOf, instantOf, momentOf, moments } from './moments.ts';

const WARSAW = 'Europe/Warsaw';
const iso = (at: Date | null) => at?.toISOString();

describe('an instant of a wall clock', () => {
  it('is in the zone that the agent has', () => {
    expect(iso(instantOf(2026, 11, 23, 9, 0, WARSAW))).toBe('2026-11-23T08:00:00.000Z');
    expect(iso(instantOf(2026, 7, 1, 9, 0, WARSAW))).toBe('2026-07-01T07:00:00.000Z');
    expect(iso(instantOf(2026, 7, 1, 9, 0, 'America/New_York'))).toBe('2026-07-01T13:00:00.000Z');
  });

  it('keeps the hour over a change of clocks', () => {
    expect(iso(instantOf(2026, 10, 25, 9, 0, WARSAW))).toBe('2026-10-25T08:00:00.000Z');
    expect(iso(instantOf(2026, 10, 24, 9, 0, WARSAW))).toBe('2026-10-24T07:00:00.000Z');
  });

  it('takes days beyond the month for those of the next', () => {
    expect(iso(instantOf(2026, 12, 32, 9, 0, 'UTC'))).toBe('2027-01-01T09:00:00.000Z');
  });

  it('is none while one of the fields is not whole', () => {
    expect(momentOf('2026-11-23', '')).toBeNull();
    expect(momentOf('', '09:00')).toBeNull();
    expect(iso(momentOf('2026-11-23', '09:30', 'UTC'))).toBe('2026-11-23T09:30:00.000Z');
  });
});

describe('the moments offered', () => {
  const names = (at: string) => moments(new Date(at), WARSAW).map((one) => one.name);

  it('are later, this evening, tomorrow, Monday and a week on in the morning of a Wednesday', () => {
    expect(names('2026-11-25T08:20:00Z')).toEqual(['later', 'evening', 'tomorrow', 'monday', 'week']);
  });

  it('are not twice the same: on a Sunday tomorrow is Monday, on a Monday a week on is', () => {
    expect(names('2026-11-29T09:00:00Z')).toEqual(['later', 'evening', 'tomorrow', 'week']);
    expect(names('2026-11-23T09:00:00Z')).toEqual(['later', 'evening', 'tomorrow', 'monday']);
  });

  it('leave out what of today is over', () => {
    expect(names('2026-11-25T18:00:00Z')).toEqual(['tomorrow', 'monday', 'week']);
  });

  it('are at nine in the morning there', () => {
    const tomorrow = moments(new Date('2026-11-25T08:20:00Z'), WARSAW).find((one) => one.name === 'tomorrow');
    expect(tomorrow?.at.toISOString()).toBe('2026-11-26T08:00:00.000Z');
  });

  it('know which day it is there', () => {
    expect(dayOf(new Date('2026-11-23T23:30:00Z'), WARSAW)).toBe('2026-11-24');
  });
});
