import { joined, type Catalogue } from './messages.ts';

/** The Polish words that the log-in and the lists need: a part of the first load, so keep it small. */
export default joined(
  import.meta.glob<Catalogue>(
    './pl/{account,actions,areas,checklist,frame,inbox,keys,labels,notifications,people,problems,search}.json',
    {
      eager: true,
      import: 'default',
    },
  ),
);
