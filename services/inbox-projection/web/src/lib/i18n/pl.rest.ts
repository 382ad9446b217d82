import { joined, type Catalogue } from './messages.ts';

/** All other Polish words. */
export default joined(
  import.meta.glob<Catalogue>(
    [
      './pl/*.json',
      '!./pl/{account,actions,areas,checklist,frame,inbox,keys,labels,notifications,people,problems,search}.json',
      '!./pl/{fields,refusals}.json',
    ],
    {
      eager: true,
      import: 'default',
    },
  ),
);
