/** The icons by which lists tell channels, priorities and states; each has its word beside it or as its name. */

import ArrowDown from '@lucide/svelte/icons/arrow-down';
import ArrowUp from '@lucide/svelte/icons/arrow-up';
import ChevronsUp from '@lucide/svelte/icons/chevrons-up';
import FileText from '@lucide/svelte/icons/file-text';
import Mail from '@lucide/svelte/icons/mail';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import MessageSquare from '@lucide/svelte/icons/message-square';
import type { Conversation } from '#lib/api/client.ts';
import type { Icon } from '#lib/ui/icon.ts';

const channels: Record<string, Icon> = { email: Mail, chat: MessageSquare, facebook: MessageCircle, form: FileText };

export const channelIcon = (channel: string): Icon => channels[channel] ?? MessageSquare;

/** What is as usual has no icon. */
export const priorityIcons: Partial<Record<Conversation['priority'], Icon>> = {
  urgent: ChevronsUp,
  high: ArrowUp,
  low: ArrowDown,
};
