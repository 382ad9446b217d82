/** Priorities from the least to the most urgent. */

import type { TicketAutomation } from '#lib/api/client.ts';

export const PRIORITIES: TicketAutomation['priority'][] = ['low', 'normal', 'high', 'urgent'];
