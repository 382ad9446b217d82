/** What a menu consists of. */

import type { Icon } from './icon.ts';

export interface MenuItem {
  label: string;
  icon?: Icon;
  onselect?: () => void;
  /** A link in place of an action. */
  href?: string;
  /** Of a group of choices: whether it is the chosen one. */
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  keys?: string;
  hint?: string;
  /** A number at its end, as it is shown and as it is read out. */
  count?: { shown: string; said: string } | undefined;
}
export interface MenuGroup {
  heading?: string;
  items: MenuItem[];
}
