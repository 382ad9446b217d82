import { expect, it } from 'vitest';
import { placed } from './placed.ts';

const room = { width: 400, height: 300 };
const size = { width: 100, height: 20 };
const at = (left: number, top: number) => ({ left, top, right: left + 40, bottom: top + 30 });

it.each([
  ['below, in the middle', at(180, 100), 'bottom', { x: 150, y: 136 }],
  ['above, where there is no room below', at(180, 260), 'bottom', { x: 150, y: 234 }],
  ['to the right', at(10, 100), 'right', { x: 56, y: 105 }],
  ['to the left, where there is no room to the right', at(350, 100), 'right', { x: 244, y: 105 }],
  ['below, where there is no room above', at(180, 4), 'top', { x: 150, y: 40 }],
  ['within the page at its edge', at(0, 100), 'bottom', { x: 8, y: 136 }],
] as const)('it goes %s', (_, anchor, side, place) => {
  expect(placed(anchor, size, room, side)).toEqual(place);
});
