import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { LeaseRepository } from '../ports/installation-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import { toRow } from './sealing.ts';

interface LeaseRow extends StoredDocument {
  readonly holder: string;
  readonly until: number;
}

export function openLeases({ store }: { store: Store }): LeaseRepository {
  const leases = store.collection('leases');

  async function write(document: LeaseRow): Promise<boolean> {
    try {
      if (document.version === 1) await leases.insert(document);
      else await leases.replace(document, document.version - 1);
      return true;
    } catch (error) {
      if (error instanceof Duplicate || error instanceof VersionConflict) return false; // Somebody else was first.
      throw error;
    }
  }

  return {
    async take(name, holder, now, until) {
      const document = await leases.get(name);
      const held = document && toRow<LeaseRow>(document);
      if (held && held.holder !== holder && held.until > now) return false;
      return write({ id: name, version: (held?.version ?? 0) + 1, holder, until });
    },
    async release(name, holder) {
      const document = await leases.get(name);
      const held = document && toRow<LeaseRow>(document);
      if (held?.holder === holder) await write({ id: name, version: held.version + 1, holder, until: 0 });
    },
  };
}
