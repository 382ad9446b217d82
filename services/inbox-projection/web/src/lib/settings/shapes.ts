/** What the API shows of inboxes and channels, less fields that are always null (passwords): the client's types lack them. */

import type {
  Channel as ChannelGiven,
  ImapServer as ImapGiven,
  Inbox as InboxGiven,
  Server as ServerGiven,
} from '#lib/api/client.ts';

type Shown<T> = T extends readonly (infer Item)[]
  ? Shown<Item>[]
  : T extends object
    ? { [Name in keyof T as NonNullable<T[Name]> extends never ? never : Name]: Shown<T[Name]> }
    : T;

export type Inbox = Shown<InboxGiven>;
export type Channel = Shown<ChannelGiven>;
export type Server = Shown<ServerGiven>;
export type ImapServer = Shown<ImapGiven>;
