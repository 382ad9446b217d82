import { joined, type Catalogue } from './messages.ts';

/** All other English words. */
export default joined(
  import.meta.glob<Catalogue>(
    [
      './en/*.json',
      '!./en/{account,actions,areas,checklist,frame,inbox,keys,labels,notifications,people,problems,search}.json',
      '!./en/{fields,refusals}.json',
    ],
    {
      eager: true,
      import: 'default',
    },
  ),
);
