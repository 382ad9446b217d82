/** The names of a CSV file's columns, read from its beginning; pure. The API reads the file itself. */

const DELIMITERS = [',', ';', '\t'];

/** The cells of the first record; a quotation mark within a cell is doubled (RFC 4180). */
export function headerOf(text: string): string[] {
  const line = text.replace(/^\uFEFF/, '');
  const end = /\r|\n/.exec(line)?.index ?? line.length;
  const first = line.slice(0, end);
  const delimiter = DELIMITERS.reduce((best, one) => (count(first, one) > count(first, best) ? one : best), ',');
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let place = 0; place < line.length; place += 1) {
    const char = line[place] ?? '';
    if (quoted) {
      if (char !== '"') cell += char;
      else if (line[place + 1] === '"') cell += line[(place += 1)] ?? '';
      else quoted = false;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === delimiter) {
      cells.push(cell);
      cell = '';
    } else if (char === '\r' || char === '\n') break;
    else cell += char;
  }
  return [...cells, cell].map((one) => one.trim());
}

const count = (text: string, char: string): number => text.split(char).length - 1;
