/** The editor's HTML and what is sent of it: whether it needs HTML at all, its plain text, pictures in place; pure. */

/** What there is of a DOM node to read its text. */
export interface TextNode {
  nodeType: number;
  nodeName: string;
  textContent: string | null;
  childNodes: Iterable<TextNode>;
  getAttribute?: (name: string) => string | null;
}

const BLOCKS = new Set(['DIV', 'P', 'BLOCKQUOTE', 'UL', 'OL', 'LI', 'PRE', 'H1', 'H2', 'H3', 'TABLE', 'TR']);
const FORMATS = /<(?:b|strong|i|em|u|s|strike|a|ul|ol|blockquote|img|pre|code|h[1-6]|table|sub|sup)[\s>]/i;
/** What no character of a plain text stands for: lists, quotations and links have theirs. */
const LOOKS = /<(?:b|strong|i|em|u|s|strike|pre|code|h[1-6]|sub|sup)[\s>]/i;
const UPLOAD = '/api/v1/uploads/';

/** Whether there is anything in it that a plain text could not tell. */
export const isFormatted = (html: string): boolean => FORMATS.test(html);

/** Whether a plain text loses how something in it looks. */
export const hasLooks = (html: string): boolean => LOOKS.test(html);

/** Whether nothing was written: no text, no picture. */
export const isEmpty = (html: string): boolean =>
  !/<img[\s>]/i.test(html) && html.replaceAll(/<[^>]*>|&nbsp;|\s|\u200b/g, '') === '';

/** The plain text: lines by blocks and breaks, lists with dashes and numbers, quotations with ">". */
export function textOf(root: TextNode): string {
  return linesOf(root).join('\n').replaceAll('\u00a0', ' ').replaceAll('\u200b', '').replace(/\s+$/, '');
}

function linesOf(node: TextNode): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  let number = 0;
  const flush = () => {
    if (line !== null) lines.push(line);
    line = null;
  };
  const add = (text: string) => (line = (line ?? '') + text);
  for (const child of node.childNodes) {
    const name = child.nodeName.toUpperCase();
    if (child.nodeType === 3) {
      const text = (child.textContent ?? '').replaceAll(/[\t\n\r]+/g, ' ');
      if (text) add(text);
    } else if (name === 'BR') {
      add('');
      flush();
    } else if (BLOCKS.has(name)) {
      flush();
      number += 1;
      lines.push(...blockOf(child, name, node.nodeName.toUpperCase(), number));
    } else if (name === 'IMG') {
      const alt = child.getAttribute?.('alt');
      if (alt) add(`[${alt}]`);
    } else if (name === 'A') {
      const text = linesOf(child).join(' ');
      const href = child.getAttribute?.('href') ?? '';
      add(href && href.replace(/^mailto:/, '') !== text ? `${text} <${href}>` : text);
    } else {
      const inner = linesOf(child);
      inner.forEach((one, index) => {
        add(one);
        if (index < inner.length - 1) flush();
      });
    }
  }
  flush();
  return lines;
}

function blockOf(node: TextNode, name: string, parent: string, number: number): string[] {
  const inner = linesOf(node);
  if (name === 'BLOCKQUOTE') return inner.map((one) => `> ${one}`.trimEnd());
  if (name === 'LI') {
    const mark = parent === 'OL' ? `${number}. ` : '- ';
    return inner.map((one, index) => (index === 0 ? mark : ' '.repeat(mark.length)) + one);
  }
  return inner.length === 0 ? [''] : inner;
}

/** Plain text as the editor's HTML; spaces that HTML would swallow are kept. */
export function htmlOf(text: string): string {
  return text
    .split('\n')
    .map((line) => `<div>${line ? escapeHtml(line.replaceAll(/^ | (?= |$)/g, '\u00a0')) : '<br>'}</div>`)
    .join('');
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** As it is sent: pictures by the ids of their uploads. */
export const outgoing = (html: string): string => html.replaceAll(`src="${UPLOAD}`, 'src="cid:');

/** As the editor shows it: pictures from where they were uploaded. */
export const incoming = (html: string): string =>
  html.replaceAll(/src="cid:([0-9a-f-]{36})"/gi, (_, id: string) => `src="${UPLOAD}${id.toLowerCase()}"`);

/** The uploads that are shown in place. */
export const picturesOf = (html: string): string[] =>
  [...html.matchAll(/src="(?:cid:|\/api\/v1\/uploads\/)([0-9a-f-]{36})"/gi)].map((match) =>
    (match[1] ?? '').toLowerCase(),
  );

interface Written {
  html: string;
  text: string;
  files: { ids: string[] };
}

/** What was written, as it is sent: HTML only where it says more than the text; files but for the pictures in it. */
export function mailOf({ html, text, files }: Written) {
  if (!isFormatted(html)) return { text, html: null, attachment_ids: files.ids };
  const pictures = picturesOf(html);
  return { text: '', html: outgoing(html), attachment_ids: files.ids.filter((id) => !pictures.includes(id)) };
}

/** The same as plain text: what was a picture in it goes as a file. */
export function plainMailOf({ html, text, files }: Written) {
  return { text, attachment_ids: [...new Set([...files.ids, ...picturesOf(html)])] };
}

/** The same as a draft keeps it: with its text always, and with all its files. */
export function draftOf({ html, text, files }: Written) {
  const formatted = isFormatted(html);
  return {
    text: text.slice(0, 200_000),
    html: formatted ? outgoing(html) : null,
    attachment_ids: [...new Set([...files.ids, ...(formatted ? picturesOf(html) : [])])].slice(0, 50),
  };
}

/** Variables of snippets that nothing stood for. */
export const unfilled = (text: string): string[] => [
  ...new Set([...text.matchAll(/\{\{\s*([\w.]+)[^{}]*\}\}/g)].map((match) => match[1] ?? '')),
];
