import { describe, expect, it } from 'vitest';
import { headerOf } from './csv.ts';

describe('the header of a CSV file', () => {
  it.each([
    ['name,address\nAda,a@b.example', ['name', 'address']],
    ['\uFEFFImię; E-mail ;Telefon\r\nx;y;z', ['Imię', 'E-mail', 'Telefon']],
    ['a\tb,c\td\n', ['a', 'b,c', 'd']],
    ['"Name, first","say ""hi"""\r\n1,2', ['Name, first', 'say "hi"']],
    ['"two\nlines",b\n', ['two\nlines', 'b']],
    ['only', ['only']],
    ['', ['']],
    ['<script>alert(1)</script>,=1+1', ['<script>alert(1)</script>', '=1+1']],
    ['"never ends,a,b', ['never ends,a,b']],
  ])('%j', (text, names) => {
    expect(headerOf(text)).toEqual(names);
  });
});
