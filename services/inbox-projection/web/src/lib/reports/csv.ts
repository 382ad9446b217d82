/** A table as CSV (RFC 4180) that spreadsheets open safely; pure. */

import type { ReportRow } from './rows.ts';

export type Cell = string | number | null;

/** With a byte-order mark, so that spreadsheets read it as UTF-8. */
export function csvOf(head: readonly string[], lines: readonly (readonly Cell[])[]): string {
  return '\uFEFF' + [head, ...lines].map((line) => line.map(cellOf).join(',') + '\r\n').join('');
}

/** The rows of a report as lines: their label, the ids of their group, then their numbers, each beside that before. */
export function linesOf(
  rows: readonly ReportRow[],
  columns: readonly string[],
  compare: boolean,
): { names: string[]; lines: Cell[][] } {
  const ids = Object.keys(rows[0]?.group ?? {});
  const names = compare ? columns.flatMap((column) => [column, `${column}_before`]) : columns;
  const lines = rows.map((row) => [
    row.label,
    ...ids.map((id) => row.group[id] ?? ''),
    ...columns.flatMap((one) => [row.numbers[one] ?? null, ...(compare ? [row.before?.[one] ?? null] : [])]),
  ]);
  return { names: [...ids, ...names], lines };
}

function cellOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  // What begins like a formula would be one there: a name of somebody's own choosing must not.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Gives the browser a file to keep. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
