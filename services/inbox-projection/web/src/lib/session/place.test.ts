import { expect, it } from 'vitest';
import { placeAfter } from './place.ts';

it.each([
  ['/inbox/mine?x=1', '/inbox/mine?x=1'],
  [null, '/'],
  ['', '/'],
  ['//evil.test', '/'],
  ['/\\evil.test', '/'],
  ['https://evil.test', '/'],
  ['javascript:alert(1)', '/'],
  ['/login?after=/login', '/'],
])('after a log-in %j leads to %s', (asked, place) => {
  expect(placeAfter(asked)).toBe(place);
});
