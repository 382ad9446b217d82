/** What every icon is: `import Inbox from '@lucide/svelte/icons/inbox'`. */

import type { Component } from 'svelte';
import type { LucideProps } from '@lucide/svelte';

export type Icon = Component<LucideProps>;
