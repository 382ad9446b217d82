/** The icons by which lists tell channels, priorities and states; each has its word beside it or as its name. */

import AlarmClock from '@lucide/svelte/icons/alarm-clock';
import ArrowDown from '@lucide/svelte/icons/arrow-down';
import ArrowUp from '@lucide/svelte/icons/arrow-up';
import Check from '@lucide/svelte/icons/check';
import ChevronsUp from '@lucide/svelte/icons/chevrons-up';
import Circle from '@lucide/svelte/icons/circle';
import FileText from '@lucide/svelte/icons/file-text';
import Mail from '@lucide/svelte/icons/mail';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import MessageSquare from '@lucide/svelte/icons/message-square';
import ShieldAlert from '@lucide/svelte/icons/shield-alert';
import Trash2 from '@lucide/svelte/icons/trash-2';
import type { Conversation } from '#lib/api/client.ts';
import type { Icon } from '#lib/ui/icon.ts';

const channels: Record<string, Icon> = { email: Mail, chat: MessageSquare, facebook: MessageCircle, form: FileText };

export const channelIcon = (channel: string): Icon => channels[channel] ?? MessageSquare;

export const statusIcons: Record<Conversation['status'], Icon> = {
  open: Circle,
  snoozed: AlarmClock,
  resolved: Check,
  spam: ShieldAlert,
  trash: Trash2,
};

/** What is as usual has no icon. */
export const priorityIcons: Partial<Record<Conversation['priority'], Icon>> = {
  urgent: ChevronsUp,
  high: ArrowUp,
  low: ArrowDown,
};
