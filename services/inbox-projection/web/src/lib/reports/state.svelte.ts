/** A report page: what it was asked for is its address, and every change of it is a new address. */

import { goto } from '$app/navigation';
import { page } from '$app/state';
import { clock, i18n } from '#lib/i18n/index.ts';
import { session } from '#lib/session/session.svelte.ts';
import { filtersOf, periodAsked, queryOf, readAsked, stepAsked, type Asked } from './asked.ts';
import type { Question } from './data.ts';
import { before, dayOf } from './days.ts';
import { pieceOf, type Step } from './periods.ts';

export class ReportState {
  readonly asked = $derived(readAsked(page.url.searchParams));
  readonly zone = $derived(i18n.zone ?? session.agent.time_zone);
  readonly today = $derived(dayOf(clock.now, this.zone));
  readonly period = $derived(periodAsked(this.asked, this.today));
  readonly earlier = $derived(this.asked.compare ? before(this.period.from, this.period.to) : null);
  readonly step = $derived(stepAsked(this.asked, this.period));
  /** As text, so that what does not change what is asked asks nothing. */
  readonly #question = $derived(
    JSON.stringify({
      filters: filtersOf(this.asked),
      period: this.period,
      earlier: this.earlier,
      tz: this.zone,
      definition: this.asked.definition,
      by: this.asked.by,
      step: this.step,
      measure: this.asked.measure,
    } satisfies Question),
  );

  get question(): Question {
    return JSON.parse(this.#question) as Question;
  }

  set(change: Partial<Asked>): void {
    const url = page.url.pathname + queryOf({ ...this.asked, behind: '', ...change });
    void goto(url, { replace: true, reset: false });
  }

  /** The address of the events behind a number of this page: of a group, of a column. */
  behind(report: string, group: Record<string, string | null> = {}, more: Record<string, string> = {}): string {
    const { filters, period, tz, definition } = this.question;
    const query: Record<string, string> = { report, ...filters, ...period, tz, definition };
    for (const [name, value] of Object.entries(group)) {
      if (name === this.step && value !== null) Object.assign(query, pieceOf(this.step as Step, value, period));
      else query[name] = value ?? 'none';
    }
    const behind = new URLSearchParams({ ...query, ...more }).toString();
    return page.url.pathname + queryOf({ ...this.asked, behind });
  }
}
