/** The pipelines that tickets go through, and how their stages are called. */

import { api, got, type Pipeline, type Stage, type Ticket } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';

let defined = $state.raw<Pipeline[]>([]);
let reading: Promise<void> | null = null;

/** The words of the stages that every workspace begins with, while nobody has called them otherwise. */
const OWN: Record<string, string> = {
  New: 'tickets.stage_new',
  'Waiting on us': 'tickets.stage_waiting_on_us',
  'Waiting on customer': 'tickets.stage_waiting_on_customer',
  Closed: 'tickets.stage_closed',
};

export const pipelines = {
  get all(): Pipeline[] {
    return defined;
  },
  get(id: string | null | undefined): Pipeline | undefined {
    return defined.find((one) => one.id === id);
  },
  /** The one that tickets get when nobody says otherwise. */
  get standard(): Pipeline | undefined {
    return defined.find((one) => one.default) ?? defined[0];
  },
  /** Reads them anew; together with whoever is reading them already. Throws Problem. */
  need(): Promise<void> {
    reading ??= got(api.GET('/api/v1/pipelines'))
      .then((page) => void (defined = page.items))
      .finally(() => (reading = null));
    return reading;
  },
};

export function stageOf(ticket: Pick<Ticket, 'pipeline_id' | 'stage'>): Stage | undefined {
  return pipelines.get(ticket.pipeline_id)?.stages.find((one) => one.id === ticket.stage);
}

export function stageName(stage: Pick<Stage, 'id' | 'name'>): string {
  const own = stage.id === stage.name ? OWN[stage.name] : undefined;
  return own ? t(own) : stage.name;
}

/** The colour that says what a stage means; its name stands beside it. */
export const toneOf = (kind: Stage['kind']): 'neutral' | 'accent' | 'waiting' | 'done' =>
  ({ open: 'accent', waiting_on_us: 'waiting', waiting_on_customer: 'neutral', closed: 'done' })[kind] as 'neutral';

export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
