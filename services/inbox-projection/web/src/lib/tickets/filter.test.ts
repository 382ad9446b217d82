import { describe, expect, it } from 'vitest';
import { filterOf, isNarrowed, queryOf } from './filter.ts';

const ID = '01900000-0000-7000-8000-7469636b6574';
const of = (search: string) => filterOf(new URLSearchParams(search));

describe('the filter of tickets in an address', () => {
  it('shows the open ones of everybody in a table when nothing is said', () => {
    expect(of('')).toEqual({ view: 'table', pipeline: '', stage: '', assignee: '', priority: '', status: 'open' });
    expect(queryOf(of(''))).toEqual({ status: 'open' });
    expect(isNarrowed(of(''))).toBe(false);
  });

  it('asks the API for all of it together', () => {
    const filter = of(`?pipeline=${ID}&stage=New&assignee=me&priority=high&status=all`);
    expect(queryOf(filter)).toEqual({ pipeline_id: ID, stage: 'New', assignee_id: 'me', priority: 'high' });
    expect(isNarrowed(filter)).toBe(true);
  });

  it('leaves out what there is not', () => {
    expect(of('?view=chart&pipeline=x&assignee=nobody&priority=huge&status=lost')).toEqual(of(''));
  });

  it('on a board shows every stage, whatever it does to its tickets', () => {
    expect(queryOf(of(`?view=board&status=closed&stage=New&pipeline=${ID}`))).toEqual({ pipeline_id: ID });
  });
});
