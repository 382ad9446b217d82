import { describe, expect, it } from 'vitest';
import { matched, nameOf, shown, type Pressed } from './combination.ts';

const press = (key: string, over: Partial<Pressed> = {}): string =>
  nameOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...over });

describe('the name of what was pressed', () => {
  it.each([
    ['j', {}, 'j'],
    ['?', { shiftKey: true }, '?'],
    ['?', { altKey: true }, '?'],
    ['Enter', { ctrlKey: true }, 'mod+enter'],
    ['Enter', { metaKey: true, shiftKey: true }, 'mod+shift+enter'],
    ['K', { ctrlKey: true, shiftKey: true }, 'mod+shift+k'],
    ['ArrowDown', { shiftKey: true }, 'shift+arrowdown'],
    [' ', {}, 'space'],
  ])('%s with %o is %s', (key, over, name) => {
    expect(press(key, over)).toBe(name);
  });
});

describe('a row of keys', () => {
  const registered = ['g u', 'g m', 'j', 'mod+Enter'];

  it.each([
    [['j'], { hit: 'j', more: false }],
    [['g'], { hit: null, more: true }],
    [['g', 'm'], { hit: 'g m', more: false }],
    [['g', 'x'], { hit: null, more: false }],
    [['mod+enter'], { hit: 'mod+Enter', more: false }],
  ])('%j is found', (typed, found) => {
    expect(matched(typed, registered)).toEqual(found);
  });
});

it('keys are shown as they are written on the keyboard', () => {
  expect(shown('mod+shift+enter', false)).toEqual(['Ctrl+Shift+Enter']);
  expect(shown('mod+k', true)).toEqual(['⌘K']);
  expect(shown('g u', false)).toEqual(['G', 'U']);
});
