/** What agents may be, with what it lets them do. */

import type { Agent } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';

const ROLES: Agent['role'][] = ['agent', 'manager', 'administrator'];

export const roles = () =>
  ROLES.map((value) => ({ value, label: t(`team.role_${value}`), hint: t(`team.role_${value}_hint`) }));
