/** What the pages show, asked from the reports API: the period, and beside it the one before. */

import { got } from '#lib/api/client.ts';
import { measures, type Dimension, type Measure } from './asked.ts';
import { reports, type Answer } from './client.ts';
import type { Period, Step } from './periods.ts';

export interface Question {
  filters: Record<string, string>;
  period: Period;
  /** The period before, where it is compared with. */
  earlier: Period | null;
  tz: string;
  definition: string;
  by: Dimension;
  step: Step;
  measure: Measure;
}

/** A report in both periods. */
export interface Pair {
  now: Answer;
  before: Answer | null;
}

export interface WhoAnswers {
  by: Pair;
  replies: Pair;
  volume: Pair;
}

export interface HowFast {
  totals: Record<Measure, Pair>;
  by: Pair;
  over: Pair;
}

export async function readWhoAnswers(question: Question): Promise<WhoAnswers> {
  const [by, replies, volume] = await Promise.all([
    pair('replies-by-agent', question, question.by),
    pair('replies-by-agent', question, question.step),
    pair('volume', question, question.step),
  ]);
  return { by, replies, volume };
}

export async function readHowFast(question: Question): Promise<HowFast> {
  const [by, over, ...others] = await Promise.all([
    pair(question.measure, question, question.by),
    pair(question.measure, question, question.step),
    ...measures
      .filter((one) => one !== question.measure)
      .map(async (one) => [one, await pair(one, question, '')] as const),
  ]);
  return { by, over, totals: Object.fromEntries([[question.measure, by], ...others]) as HowFast['totals'] };
}

async function pair(name: string, question: Question, group_by: string): Promise<Pair> {
  const [now, before] = await Promise.all([
    one(name, question, question.period, group_by),
    question.earlier ? one(name, question, question.earlier, group_by) : null,
  ]);
  return { now, before };
}

function one(name: string, question: Question, period: Period, group_by: string): Promise<Answer> {
  const { filters, tz, definition } = question;
  const query = { ...filters, ...period, tz, definition, group_by };
  return got(reports.GET('/api/v1/reports/{name}', { params: { path: { name }, query } }));
}

/** A page of the events behind a number; `behind` is the query that says which. */
export async function readBehind(behind: string, cursor: string | null) {
  const { report: name = '', ...query } = Object.fromEntries(new URLSearchParams(behind));
  const page = { ...query, limit: 50, ...(cursor ? { cursor } : {}) };
  return got(reports.GET('/api/v1/reports/{name}/events', { params: { path: { name }, query: page } }));
}

export const readDescribed = async () => (await got(reports.GET('/api/v1/reports'))).items;
