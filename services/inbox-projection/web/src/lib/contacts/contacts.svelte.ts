/** Contacts by id, and what is done with them; every answer is shown wherever the contact is. */

import { api, got, type Contact, type ContactChange, type ContactNew } from '#lib/api/client.ts';
import { following } from '#lib/people/following.ts';
import { storeOf } from '#lib/people/store.svelte.ts';

export const contacts = storeOf<Contact>(async (id) => {
  const page = await got(api.GET('/api/v1/contacts', { params: { query: { id, limit: 100 } } }));
  return page.items;
});

/** Is told whose cards are others now, here or elsewhere; of none: contacts were added. Gives what ends it. */
export const onContacts = following('contact', contacts);

const taken = (contact: Contact): Contact => {
  contacts.put([contact]);
  return contact;
};
const at = (contact_id: string) => ({ params: { path: { contact_id } } });

/** Reads one anew. Throws Problem 404 when it is not there or not ours to see. */
export const readContact = async (id: string): Promise<Contact> =>
  taken(await got(api.GET('/api/v1/contacts/{contact_id}', at(id))));

export const createContact = async (body: ContactNew): Promise<Contact> =>
  taken(await got(api.POST('/api/v1/contacts', { body })));

export const changeContact = async (id: string, body: ContactChange): Promise<Contact> =>
  taken(await got(api.PATCH('/api/v1/contacts/{contact_id}', { ...at(id), body })));

/** Mails from there are the contact's from now on. Throws Problem `handle-in-use` for an address of another contact. */
export const addAddress = async (id: string, address: string): Promise<Contact> =>
  taken(await got(api.POST('/api/v1/contacts/{contact_id}/addresses', { ...at(id), body: { address } })));

export const removeAddress = async (id: string, address: string): Promise<Contact> =>
  taken(await got(api.POST('/api/v1/contacts/{contact_id}/addresses/remove', { ...at(id), body: { address } })));

export const addNote = async (id: string, text: string): Promise<Contact> =>
  taken(await got(api.POST('/api/v1/contacts/{contact_id}/notes', { ...at(id), body: { text } })));

/** Blocked, mails of the person are kept out of the inboxes. */
export const blockContact = async (id: string, blocked: boolean): Promise<Contact> =>
  taken(
    await got(
      blocked
        ? api.PUT('/api/v1/contacts/{contact_id}/block', at(id))
        : api.DELETE('/api/v1/contacts/{contact_id}/block', at(id)),
    ),
  );

export const linkCompany = async (contact_id: string, company_id: string): Promise<Contact> =>
  taken(
    await got(
      api.PUT('/api/v1/contacts/{contact_id}/company/{company_id}', { params: { path: { contact_id, company_id } } }),
    ),
  );

export const unlinkCompany = async (contact_id: string, company_id: string): Promise<Contact> =>
  taken(
    await got(
      api.DELETE('/api/v1/contacts/{contact_id}/company/{company_id}', {
        params: { path: { contact_id, company_id } },
      }),
    ),
  );

/** The card that a merger would give; nothing is done. Throws the Problem that it would be refused with. */
export const previewOfMerger = (id: string, from_id: string): Promise<Contact> =>
  got(api.POST('/api/v1/contacts/{contact_id}/merge', { ...at(id), body: { from_id, dry_run: true } }));

/** `id` stands for `from_id` from now on. */
export async function mergeContacts(id: string, from_id: string): Promise<Contact> {
  const merged = taken(
    await got(api.POST('/api/v1/contacts/{contact_id}/merge', { ...at(id), body: { from_id, dry_run: false } })),
  );
  await contacts.refresh([from_id]);
  return merged;
}

export async function unmergeContact(contact_id: string, from_id: string): Promise<Contact> {
  const path = { contact_id, from_id };
  const apart = taken(await got(api.DELETE('/api/v1/contacts/{contact_id}/merge/{from_id}', { params: { path } })));
  await contacts.refresh([from_id]);
  return apart;
}

/** Destroys all that is known of the person, for ever. */
export async function eraseContact(id: string): Promise<void> {
  await api.DELETE('/api/v1/contacts/{contact_id}', at(id));
  contacts.drop(id);
}

/** What a person is called, wherever: by name, else by address. */
export const calledBy = (contact: Pick<Contact, 'name' | 'handle'>): string => contact.name || contact.handle || '';
