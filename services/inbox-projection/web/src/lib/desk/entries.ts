/** What the rail leads to: every `lib/<area>/entry.ts` is an entry, so what isn't built is not in the menu. */

import type { Component } from 'svelte';
import type { Icon } from '#lib/ui/icon.ts';

export interface Entry {
  id: string;
  href: string;
  /** Which addresses belong to it; default: those that begin with its href. */
  covers?: string;
  /** As a key of the catalogue. */
  label: string;
  icon: Icon;
  /** Its place from the top: inbox 10, contacts 20, companies 30, tickets 40, reports 50, checks 60, settings 90. */
  order: number;
  /** `g s` */
  keys?: string;
  /** Who sees it; default: everybody. */
  when?: () => boolean;
  /** A number beside the icon (0: none); read reactively. */
  badge?: () => number;
}

/** Something else that lives in the rail, above the agent's own corner: the bell, say (`lib/<area>/widget.ts`). */
export interface Widget {
  id: string;
  order: number;
  load: () => Promise<{ default: Component }>;
}

const inOrder = <T extends { order: number }>(files: Record<string, T>): T[] =>
  Object.values(files).sort((one, other) => one.order - other.order);

export const entries = inOrder(import.meta.glob<Entry>('../*/entry.ts', { eager: true, import: 'default' }));
export const widgets = inOrder(import.meta.glob<Widget>('../*/widget.ts', { eager: true, import: 'default' }));

/** Where the desk begins. */
export const home = (): string => entries.find((one) => one.when?.() ?? true)?.href ?? '/settings';
