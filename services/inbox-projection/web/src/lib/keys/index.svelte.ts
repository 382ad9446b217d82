/** Shortcuts and commands of whatever is on the page: registered where they work, listed by `?` and Ctrl/⌘-K. */

import { SvelteMap } from 'svelte/reactivity';
import type { Icon } from '#lib/ui/icon.ts';
import { matched, nameOf, shown } from './combination.ts';

export interface Command {
  /** Unique on the page; registering it again takes the place of the former. */
  id: string;
  /** What it does, as a key of the catalogue. */
  label: string;
  /** The group it is listed in, as a key of the catalogue; default: `keys.general`. */
  group?: string;
  /** `j`, `g u`, `mod+enter`; none: in the command bar only. */
  keys?: string;
  icon?: Icon;
  run: () => void;
  /** Whether it can be done now; default: always. */
  when?: () => boolean;
  /** Works while a text field has the focus, too; default: only with `mod`. */
  inFields?: boolean;
  /** Not offered by the command bar (moving a selection, say). */
  hidden?: boolean;
}

const ROW_MS = 1_200;
const commands = new SvelteMap<string, Command>();
let typed: string[] = [];
let typedAt = 0;
let sheetOpen = $state(false);
let barOpen = $state(false);

export const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

export const keys = {
  /** All registered commands, in the order of their registration. */
  get all(): Command[] {
    return [...commands.values()];
  },
  get sheetOpen(): boolean {
    return sheetOpen;
  },
  set sheetOpen(open: boolean) {
    sheetOpen = open;
  },
  get barOpen(): boolean {
    return barOpen;
  },
  set barOpen(open: boolean) {
    barOpen = open;
  },

  /** Registers commands until what it gives is called: `$effect(() => keys.register([…]))`. */
  register(those: Command[]): () => void {
    for (const one of those) commands.set(one.id, one);
    return () => {
      for (const one of those) if (commands.get(one.id) === one) commands.delete(one.id);
    };
  },

  /** The keys of a command as a person reads them; empty when it has none. */
  shown: (combination: string): string[] => shown(combination, apple),

  /** Listens to the whole page; gives what ends it. */
  listen(): () => void {
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  },
};

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || ['Shift', 'Control', 'Meta', 'Alt'].includes(event.key)) return;
  const name = nameOf(event);
  const now = Date.now();
  typed = now - typedAt < ROW_MS ? [...typed, name].slice(-3) : [name];
  typedAt = now;
  const usable = [...commands.values()].filter((one) => one.keys && allowed(one, event));
  let found = matched(
    typed,
    usable.map((one) => one.keys ?? ''),
  );
  if (!found.hit && !found.more && typed.length > 1) {
    typed = [name];
    found = matched(
      typed,
      usable.map((one) => one.keys ?? ''),
    );
  }
  if (found.more && !found.hit) return;
  typed = [];
  const command = usable.findLast((one) => one.keys === found.hit);
  if (!command) return;
  event.preventDefault();
  command.run();
}

function allowed(command: Command, event: KeyboardEvent): boolean {
  if (command.when && !command.when()) return false;
  const target = event.target instanceof Element ? event.target : null;
  const inDialog = target?.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]') ?? null;
  const modified = command.keys?.startsWith('mod+') ?? false;
  if (inDialog && !modified && !command.inFields) return false;
  return command.inFields ?? (modified || !writes(target));
}

/** Whether keys are text there. */
function writes(target: Element | null): boolean {
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}
