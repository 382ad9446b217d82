/** Which tickets a page shows: from its address, and as the API is asked; pure. */

export const VIEWS = ['table', 'board'] as const;
export type View = (typeof VIEWS)[number];
export const STATUSES = ['open', 'closed', 'all'] as const;

export interface TicketFilter {
  view: View;
  pipeline: string;
  stage: string;
  /** An agent's id, `me`, `none`, or empty for everybody's. */
  assignee: string;
  priority: '' | 'low' | 'normal' | 'high' | 'urgent';
  status: (typeof STATUSES)[number];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Never fails: what the address says and there is not is left out. */
export function filterOf(address: Pick<URLSearchParams, 'get'>): TicketFilter {
  const chosen = <T extends string>(name: string, from: readonly T[], otherwise: T): T => {
    const found = address.get(name) as T | null;
    return found !== null && from.includes(found) ? found : otherwise;
  };
  const pipeline = address.get('pipeline') ?? '';
  const assignee = address.get('assignee') ?? '';
  return {
    view: chosen('view', VIEWS, 'table'),
    pipeline: UUID.test(pipeline) ? pipeline : '',
    stage: (address.get('stage') ?? '').slice(0, 200),
    assignee: UUID.test(assignee) || assignee === 'me' || assignee === 'none' ? assignee : '',
    priority: chosen('priority', ['', 'low', 'normal', 'high', 'urgent'] as const, ''),
    status: chosen('status', STATUSES, 'open'),
  };
}

/** What the API is asked for. A board has a column for each stage, also for those that close: it shows all. */
export function queryOf(filter: TicketFilter) {
  return {
    ...(filter.pipeline ? { pipeline_id: filter.pipeline } : {}),
    ...(filter.stage && filter.view === 'table' ? { stage: filter.stage } : {}),
    ...(filter.assignee ? { assignee_id: filter.assignee } : {}),
    ...(filter.priority ? { priority: filter.priority } : {}),
    ...(filter.status === 'all' || filter.view === 'board' ? {} : { status: filter.status }),
  };
}

/** Whether anything beside the usual is asked for. */
export const isNarrowed = (filter: TicketFilter): boolean =>
  Boolean(filter.stage || filter.assignee || filter.priority || filter.pipeline) || filter.status !== 'open';
