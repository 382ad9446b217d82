/** Keys as they are registered ("g u", "mod+Enter", "?") and as the browser tells them; pure. */

export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  getModifierState?: (name: 'AltGraph') => boolean;
}

/**
 * The name of what was pressed: `mod+shift+enter`, `j`, `?`. Shift is part of the name only beside `mod` or with keys
 * that print nothing, for on other keyboards a `?` is made otherwise; so is Alt, but for letters and digits: with it
 * they belong to the browser's menus, or (as AltGr) to another alphabet.
 */
export function nameOf(pressed: Pressed): string {
  const key = pressed.key === ' ' ? 'space' : pressed.key.toLowerCase();
  const prints = pressed.key.length === 1;
  const control = pressed.ctrlKey || pressed.metaKey;
  // Where there is AltGr, some systems tell it as Ctrl with Alt.
  const graph = pressed.getModifierState?.('AltGraph') || (pressed.ctrlKey && pressed.altKey && prints);
  const modified = control && !(graph && !pressed.metaKey);
  const alt = (pressed.altKey || graph) && (!prints || /[\p{L}\p{N}]/u.test(pressed.key));
  return [
    modified ? 'mod+' : '',
    alt ? 'alt+' : '',
    pressed.shiftKey && (modified || !prints) ? 'shift+' : '',
    key,
  ].join('');
}

/** Finds what a row of pressed keys means among the registered ones. */
export function matched(typed: string[], registered: Iterable<string>): { hit: string | null; more: boolean } {
  const row = typed.join(' ');
  let hit: string | null = null;
  let more = false;
  for (const keys of registered) {
    const wanted = keys.toLowerCase();
    if (wanted === row) hit = keys;
    else if (wanted.startsWith(`${row} `)) more = true;
  }
  return { hit, more };
}

/** The keys as a person reads them: `mod` is ⌘ or Ctrl. */
export function shown(keys: string, apple: boolean): string[] {
  const names: Record<string, string> = {
    mod: apple ? '⌘' : 'Ctrl',
    shift: apple ? '⇧' : 'Shift',
    alt: apple ? '⌥' : 'Alt',
    enter: apple ? '⏎' : 'Enter',
    escape: 'Esc',
    space: '␣',
  };
  return keys.split(' ').map((part) =>
    part
      .split('+')
      .map((one) => names[one.toLowerCase()] ?? (one.length === 1 ? one.toUpperCase() : one))
      .join(apple ? '' : '+'),
  );
}
