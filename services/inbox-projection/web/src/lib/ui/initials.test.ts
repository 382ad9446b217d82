import { expect, it } from 'vitest';
import { hueOf, initialsOf } from './initials.ts';

it.each([
  ['Zofia Nowak', 'ZN'],
  ['ada', 'A'],
  ['Jan Maria Rokita-Kowalski', 'JK'],
  ['zofia@client.test', 'ZT'],
  ['Łucja Świt', 'ŁŚ'],
  ['  ', '?'],
  ['🎉 Party 🎉', 'P'],
  ['', '?'],
])('%j is shown as %s', (name, letters) => {
  expect(initialsOf(name)).toBe(letters);
});

it('a name always has the same colour', () => {
  expect(hueOf('Zofia Nowak')).toBe(hueOf('Zofia Nowak'));
  expect(hueOf('😀'.repeat(1000))).toBeLessThan(6);
});
