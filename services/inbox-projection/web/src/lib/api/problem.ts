/** What went wrong with a call, as the API said it (RFC 9457), or as it looks from here when nothing was said. */

import { i18n } from '#lib/i18n/index.ts';
import { fieldWords } from '#lib/i18n/refusals.ts';

/** `code` and `limit` are what is said about it is made of; `detail` is English. */
export interface FieldProblem {
  where: string[];
  detail: string;
  code?: string | null;
  limit?: number | null;
}

/** `status` 0: no answer came. `code` is stable; `detail` is for people and in English, as the API writes it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly #beside = new Set<FieldProblem>();

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail = '',
    readonly errors: readonly FieldProblem[] = [],
    readonly retryAfter: number | null = null,
    /** Of an address that another contact has: that contact, where we may see it. */
    readonly contactId: string | null = null,
  ) {
    super(detail || title || code);
  }

  /** No answer: the network, the server or the patience ended. */
  get offline(): boolean {
    return this.status === 0;
  }

  /** What is wrong with one field of the body, by its name, to be shown beside it; empty when nothing is. */
  of(field: string): string {
    const found = this.errors.find((one) => one.where[0] === 'body' && one.where[1] === field);
    if (!found) return '';
    this.#beside.add(found);
    return this.about(found);
  }

  /** What is wrong with fields beside which nothing is shown. */
  get elsewhere(): FieldProblem[] {
    return this.errors.filter((one) => !this.#beside.has(one));
  }

  /** What is wrong with a field, in the agent's words. */
  about(one: FieldProblem): string {
    return fieldWords(one, this.code);
  }
}

/**
 * The problem that an answer tells of, when there are words for it. Never fails: an answer that says nothing becomes a
 * problem of its status.
 */
export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const wait = Number.isNaN(retryAfter) ? null : retryAfter;
  const [said] = await Promise.all([documentOf(response), i18n.refusals()]);
  return new Problem(
    response.status,
    said.code ?? (response.status >= 500 ? 'fault' : 'refused'),
    said.title ?? response.statusText,
    said.detail ?? '',
    said.errors ?? [],
    wait,
    said.contact_id ?? null,
  );
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') return new Problem(0, 'time-out', 'Time-out');
  if (thrown instanceof TypeError && /fetch|network|load/i.test(thrown.message)) {
    return new Problem(0, 'network', 'No connection');
  }
  return new Problem(-1, 'page-fault', 'Fault of the page', thrown instanceof Error ? thrown.message : String(thrown));
}

/** Whether the caller itself gave the call up, which is no problem to anybody. */
export function wasAborted(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}

interface Said {
  title?: string;
  code?: string;
  detail?: string;
  errors?: FieldProblem[];
  contact_id?: string | null;
}

async function documentOf(response: Response): Promise<Said> {
  if (!response.headers.get('Content-Type')?.includes('json')) return {};
  try {
    return (await response.json()) as Said;
  } catch {
    return {};
  }
}
