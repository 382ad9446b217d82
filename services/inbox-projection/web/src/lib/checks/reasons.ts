/** What the router says of a record that it could not handle, as something a person can act on; pure. */

const classes: Record<string, string> = {
  MalformedEvent: 'malformed',
  EventTooLarge: 'too_large',
  UnknownEventType: 'unknown_type',
  UnknownEventVersion: 'unknown_version',
  KeyNotHeld: 'key',
  SealBroken: 'key',
};

/** A key of the catalogue below `checks.reason_`. */
export function reasonKey(reason: string): string {
  const name = /^[A-Za-z]+/.exec(reason)?.[0] ?? '';
  return classes[name] ?? 'fault';
}

const topics: Record<string, string> = {
  'inbound.email.v1': 'email',
  'inbound.facebook.v1': 'facebook',
  'inbound.chat.v1': 'chat',
  'commands.v1': 'command',
};

/** A key of the catalogue below `checks.topic_`. */
export const topicKey = (topic: string): string => topics[topic] ?? 'other';
