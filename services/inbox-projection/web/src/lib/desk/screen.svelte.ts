/** How much room there is: pages fold by it. */

const widths = { drawer: 1200, views: 900, phone: 700 } as const;
const room = $state({ drawer: false, views: false, phone: false });

if (typeof window !== 'undefined') {
  for (const name of Object.keys(widths) as (keyof typeof widths)[]) {
    const narrower = window.matchMedia(`(width < ${widths[name]}px)`);
    room[name] = narrower.matches;
    narrower.addEventListener('change', (event) => (room[name] = event.matches));
  }
}

export const screen = {
  /** Below 1200 px: the sidebar is a drawer. */
  get sideIsDrawer(): boolean {
    return room.drawer;
  },
  /** Below 900 px: so are the views. */
  get viewsAreDrawer(): boolean {
    return room.views;
  },
  /** Below 700 px: one pane at a time, the rail at the foot. */
  get onePane(): boolean {
    return room.phone;
  },
};
