/** Every visible word, date and number, in the agent's language and time zone. */

export { i18n, languages, t, type Language } from './language.svelte.ts';
export { clock } from './clock.svelte.ts';
export {
  ago,
  bytes,
  date,
  dateTime,
  dayAndTime,
  duration,
  list,
  number,
  percent,
  shortTime,
  time,
} from './formats.svelte.ts';
export type { Values } from './messages.ts';
