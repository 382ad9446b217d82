import { joined, type Catalogue } from './messages.ts';

/** The Polish words for what the API refuses, and for fields that are wrong: loaded with the first refusal. */
export default joined(
  import.meta.glob<Catalogue>('./pl/{fields,refusals}.json', {
    eager: true,
    import: 'default',
  }),
);
