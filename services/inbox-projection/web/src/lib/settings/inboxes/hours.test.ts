import { expect, it } from 'vitest';
import { closingTime, faultsOf, shownTime, usual } from './hours.ts';

it('begins with Monday to Friday, which is no fault', () => {
  const hours = usual('Europe/Warsaw');
  expect(hours.weekdays.friday).toHaveLength(1);
  expect(hours.weekdays.saturday).toEqual([]);
  expect(faultsOf(hours).size).toBe(0);
});

it('tells hours that end before they begin, overlap, or are not whole', () => {
  const hours = usual('UTC');
  hours.weekdays.monday = [{ opens: '12:00', closes: '09:00' }];
  hours.weekdays.tuesday = [
    { opens: '13:00', closes: '17:00' },
    { opens: '09:00', closes: '13:30' },
  ];
  hours.weekdays.wednesday = [{ opens: '', closes: '17:00' }];
  hours.weekdays.thursday = [
    { opens: '09:00', closes: '12:00' },
    { opens: '12:00', closes: '24:00' },
  ];
  expect([...faultsOf(hours)]).toEqual([
    ['monday', 'order'],
    ['tuesday', 'overlap'],
    ['wednesday', 'empty'],
  ]);
});

it('shows the end of the day as midnight, and takes midnight for it', () => {
  expect(shownTime('24:00')).toBe('00:00');
  expect(closingTime('00:00')).toBe('24:00');
  expect(closingTime('17:00')).toBe('17:00');
});
