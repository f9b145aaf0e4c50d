import { isDeepStrictEqual } from 'node:util';
import { Duplicate } from '../domain/errors.ts';
import type { Json } from '../domain/effect.ts';
import type { FlowRepository } from '../ports/content-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import { toRow } from './sealing.ts';

interface FlowRow extends StoredDocument {
  readonly flowId: string;
  readonly number: number;
  readonly source: Json;
}

export function openFlows({ store }: { store: Store }): FlowRepository {
  const flows = store.collection('flows');
  const toFlow = ({ flowId, number, source }: FlowRow) => ({ id: flowId, version: number, source });

  async function get(id: string, version: number) {
    const document = await flows.get(toFlowRowId(id, version));
    return document && toFlow(toRow<FlowRow>(document));
  }

  return {
    get,
    async current() {
      const flowIds = [...(await flows.countBy('flow')).keys()];
      const newest = flowIds.map((flowId) =>
        flows.find({ index: 'flow', equals: [flowId], order: 'descending', limit: 1 }),
      );
      return (await Promise.all(newest)).flat().map((document) => toFlow(toRow<FlowRow>(document)));
    },
    async publish({ id, version, source }) {
      const row: FlowRow = { id: toFlowRowId(id, version), version: 1, flowId: id, number: version, source };
      try {
        await flows.insert(row);
      } catch (error) {
        if (!(error instanceof Duplicate)) throw error;
        const published = await get(id, version);
        // Publishing again after an answer was lost changes nothing; another text needs another version.
        if (!isDeepStrictEqual(published?.source, source))
          throw new Duplicate(`flow "${id}": version ${version} is published already with another text`);
      }
    },
  };
}

function toFlowRowId(id: string, version: number): string {
  return `${id}@${version}`;
}
