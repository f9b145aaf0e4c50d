import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { Organisation } from '../domain/organisation.ts';
import type { Json } from '../domain/effect.ts';
import type { SettingsRepository } from '../ports/installation-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import { toRow } from './sealing.ts';

interface SettingRow extends StoredDocument {
  readonly value: unknown;
}

/** Values of the installation; none of them is about a person, so none is sealed. The last writer wins. */
export function openSettings({ store }: { store: Store }): SettingsRepository {
  const settings = store.collection('settings');

  async function read(id: string): Promise<unknown> {
    const document = await settings.get(id);
    return document ? toRow<SettingRow>(document).value : null;
  }

  async function write(id: string, value: unknown): Promise<void> {
    for (;;) {
      const old = await settings.get(id);
      try {
        if (old) await settings.replace({ id, version: old.version + 1, value }, old.version);
        else await settings.insert({ id, version: 1, value });
        return;
      } catch (error) {
        if (!(error instanceof Duplicate || error instanceof VersionConflict)) throw error;
      }
    }
  }

  return {
    organisation: async () => (await read('organisation')) as Organisation | null, // Written by `saveOrganisation` alone.
    saveOrganisation: (organisation) => write('organisation', organisation),
    get: async (name) => (await read(`value/${name}`)) as Json | null, // Written by `set` alone.
    set: (name, value) => write(`value/${name}`, value),
  };
}
