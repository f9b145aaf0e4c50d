import { createHash } from 'node:crypto';
import type { Json } from '../domain/effect.ts';
import type { Organisation } from '../domain/organisation.ts';
import type { Flow } from '../flow/schema.ts';
import type { Log } from '../ports/log.ts';
import type { Repositories } from '../ports/repositories.ts';
import { readPublishedFaq, type PublishedFaq } from './published-faq.ts';
import type { Content } from './read-content.ts';
import { seedFaq } from './seed-faq.ts';

/** Versions of a flow that sessions may still be pinned to; a session ends after a week of silence. */
const keptVersions = 20;

/** What the installation runs: what admins published, seeded from the files. */
export interface Published {
  /** Every version a session may be pinned to. */
  readonly flows: readonly Flow[];
  readonly organisation: Organisation;
  readonly faq: PublishedFaq;
}

/**
 * Seeds the store at first start and brings news at later ones: what nobody edited is updated, what somebody edited stays as it
 * is (what admins published wins).
 */
export async function seedContent(
  { flows, settings, faq }: Pick<Repositories, 'flows' | 'settings' | 'faq'>,
  content: Content,
  log: Log,
): Promise<Published> {
  const published = new Map((await flows.current()).map((flow) => [flow.id, flow]));
  for (const flow of content.flows) {
    const seedName = `seeded-flow-${flow.id}`;
    const hash = hashOf(flow);
    const current = published.get(flow.id);
    const currentHash = current && hashOf(current.source);
    if (currentHash === hash) {
      // Also when a crash came between the two writes below: the file's flow is there, unedited.
      if ((await settings.get(seedName)) !== hash) await settings.set(seedName, hash);
      continue;
    }
    if (current && currentHash !== (await settings.get(seedName))) {
      log.warn({ flowId: flow.id }, 'a flow was edited here: its update was left out');
      continue;
    }
    const version = (current?.version ?? 0) + 1;
    // JSON by its schema.
    await flows.publish({ id: flow.id, version, source: flow as unknown as Json });
    await settings.set(seedName, hash);
  }
  await seedFaq(faq, content.faq, log);
  return {
    flows: await loadFlows(flows),
    organisation: await seedOrganisation(settings, content.organisation),
    faq: await readPublishedFaq(faq),
  };
}

async function seedOrganisation(settings: Repositories['settings'], seed: Organisation): Promise<Organisation> {
  const known = await settings.organisation();
  if (known) return known;
  await settings.saveOrganisation(seed);
  return seed;
}

async function loadFlows(flows: Repositories['flows']): Promise<Flow[]> {
  const loaded: Flow[] = [];
  for (const current of await flows.current()) {
    for (let version = Math.max(1, current.version - keptVersions); version <= current.version; version += 1) {
      const found = version === current.version ? current : await flows.get(current.id, version);
      // It was parsed before it was published; the store's number is the version sessions are pinned to.
      if (found) loaded.push({ ...(found.source as unknown as Flow), version });
    }
  }
  return loaded;
}

/** The same for the same flow, whatever its version is called. */
function hashOf(source: unknown): string {
  const { version: _version, ...rest } = source as { version: number };
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
}
