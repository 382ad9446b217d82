/** The browser's own notifications: whether it may show them, and one of them. */

import { goto } from '$app/navigation';

export type Permission = 'granted' | 'denied' | 'default' | 'unsupported';

export function permission(): Permission {
  return typeof window === 'undefined' || !('Notification' in window) ? 'unsupported' : window.Notification.permission;
}

/** Asks, which a browser allows after a click only. */
export async function ask(): Promise<Permission> {
  if (permission() === 'default') await window.Notification.requestPermission();
  return permission();
}

/** One about the same thing takes the place of the former. Gives whether it could be shown. */
export function show(title: string, body: string, about: string, href: string): boolean {
  if (permission() !== 'granted') return false;
  try {
    const shown = new window.Notification(title, { body, tag: about, icon: '/favicon.svg' });
    shown.onclick = () => {
      window.focus();
      shown.close();
      void goto(href);
    };
    return true;
  } catch {
    return false; // some phones allow them to service workers only
  }
}
