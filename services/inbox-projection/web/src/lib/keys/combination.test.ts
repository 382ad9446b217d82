import { describe, expect, it } from 'vitest';
import { matched, nameOf, shown, type Pressed } from './combination.ts';

const press = (key: string, over: Partial<Pressed> = {}): string =>
  nameOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...over });

describe('the name of what was pressed', () => {
  it.each([
    ['j', {}, 'j'],
    ['?', { shiftKey: true }, '?'],
    ['?', { altKey: true }, '?'],
    ['e', { altKey: true }, 'alt+e'],
    ['F', { altKey: true, shiftKey: true }, 'alt+f'],
    ['Enter', { altKey: true }, 'alt+enter'],
    ['Enter', { ctrlKey: true }, 'mod+enter'],
    ['Enter', { metaKey: true, shiftKey: true }, 'mod+shift+enter'],
    ['K', { ctrlKey: true, shiftKey: true }, 'mod+shift+k'],
    ['ArrowDown', { shiftKey: true }, 'shift+arrowdown'],
    [' ', {}, 'space'],
  ])('%s with %o is %s', (key, over, name) => {
    expect(press(key, over)).toBe(name);
  });
});

describe('AltGr', () => {
  const graph = { getModifierState: (name: string) => name === 'AltGraph' };
  const told = {
    'by its name': graph,
    'as Alt': { ...graph, altKey: true },
    'as Ctrl with Alt': { ...graph, ctrlKey: true, altKey: true },
    'as Ctrl with Alt, and by no name': { ctrlKey: true, altKey: true },
  };

  it.each(Object.entries(told))(
    'told %s makes another letter, which is no key of ours, and a sign that is',
    (_, how) => {
      expect(['ę', 'ś', 'e', 'k'].map((key) => press(key, how))).toEqual(['alt+ę', 'alt+ś', 'alt+e', 'alt+k']);
      expect(['?', '/'].map((key) => press(key, how))).toEqual(['?', '/']);
    },
  );
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
