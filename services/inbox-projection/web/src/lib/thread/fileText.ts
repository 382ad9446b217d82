/** The text of a file, to be shown. */

import { api, Problem, type Attached } from '#lib/api/client.ts';

const ADDRESS = /\/messages\/([\w-]+)\/attachments\/([\w-]+)$/;

/** As every call: a session that ended is renewed over the page. Throws Problem. */
export async function textOf(file: Attached): Promise<string> {
  const [, message_id, attachment_id] = ADDRESS.exec(file.url) ?? [];
  if (!message_id || !attachment_id) throw new Problem(404, 'content-gone', 'Not Found');
  const path = { message_id, attachment_id };
  const { data } = await api.GET('/api/v1/messages/{message_id}/attachments/{attachment_id}', {
    params: { path },
    parseAs: 'text',
  });
  return data ?? ''; // an empty file has no content
}
