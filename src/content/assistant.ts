import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config.ts';
import type { Organisation } from '../domain/organisation.ts';
import { createWorkerBuilder } from '../faq/builder.ts';
import { createFaqService, type FaqService } from '../faq/service.ts';
import type { FaqSources } from '../faq/types.ts';
import { inspect } from '../flow/inspect.ts';
import { createProgram, type Program, type ProgramSource } from '../flow/program.ts';
import { createTranslate, type Translate } from '../i18n/translate.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Broadcast } from '../ports/queue.ts';
import type { Repositories } from '../ports/repositories.ts';
import { followChanges } from './follow-changes.ts';
import { toProgramSource } from './program-source.ts';
import { readPublishedFaq } from './published-faq.ts';
import { readContent } from './read-content.ts';
import { seedContent } from './seed.ts';

/**
 * What the assistant says and knows, live: a changed fact or FAQ entry makes a new program, running sessions go on in it. What
 * another process changes is known here within seconds.
 */
export interface Assistant {
  readonly program: () => Program;
  readonly translate: Translate;
  readonly organisation: () => Organisation;
  readonly saveOrganisation: (organisation: Organisation) => Promise<void>;
  /** The live matcher, edited by what {@link Assistant.contentChanged} finds. */
  readonly faq: Omit<FaqService, 'edit' | 'close'>;
  /** After the FAQ was changed in the store: it is live here when this resolves, and in other processes a moment later. */
  readonly contentChanged: () => Promise<void>;
  /** Facts that texts ask for and nobody filled in: the sentences that need them are left out. */
  readonly missingFacts: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** Reads the content, seeds the store, and builds the FAQ matcher (from the saved model where nothing changed). */
export async function openAssistant({
  config,
  repositories,
  broadcast,
  clock,
  log,
}: {
  config: Pick<Config, 'flowsDir' | 'localesDir' | 'dataDir' | 'defaultLanguage'>;
  repositories: Repositories;
  broadcast: Broadcast;
  clock: Clock;
  log: Log;
}): Promise<Assistant> {
  const content = await readContent(config);
  const published = await seedContent(repositories, content, log);
  const translate = createTranslate({ resources: content.locales, fallbackLanguage: config.defaultLanguage });
  let { organisation, faq } = published;
  const matcher = await openFaq(faq.sources, { dataDir: config.dataDir, clock, log });
  const toSource = () =>
    toProgramSource(content, {
      ...{ translate, matcher, organisation },
      ...{ flows: published.flows, entries: faq.sources.entries },
    });
  let program = createProgram(toSource());

  /** Takes over what the store has and this process does not; all of it, or nothing when the store fails meanwhile. */
  async function lookOnce(): Promise<void> {
    const stored = (await repositories.settings.organisation()) ?? organisation;
    const isNewFaq = (await repositories.faq.revision()) !== faq.revision;
    const storedFaq = isNewFaq ? await readPublishedFaq(repositories.faq, faq) : faq;
    if (!isNewFaq && isDeepStrictEqual(stored, organisation)) return;
    if (isNewFaq) await matcher.edit(storedFaq.sources);
    // A program takes milliseconds, as the edit did.
    await new Promise((resolve) => setImmediate(resolve));
    organisation = stored;
    faq = storedFaq;
    program = createProgram(toSource());
  }
  const follower = followChanges({ topic: 'content', lookOnce, broadcast, clock, log });

  const missingFacts = () => factsMissingIn(toSource());
  const missing = missingFacts();
  if (missing.length > 0)
    log.warn({ missing }, 'facts of the organisation are not filled in: what needs them is left out');

  return {
    program: () => program,
    translate,
    organisation: () => organisation,
    async saveOrganisation(changed) {
      await repositories.settings.saveOrganisation(changed);
      await follower.changed();
    },
    missingFacts,
    faq: matcher,
    contentChanged: follower.changed,
    async close() {
      await follower.close();
      await matcher.close();
    },
  };
}

/** Names of the facts that `inspect` misses; its messages name each as a placeholder. */
function factsMissingIn(source: ProgramSource): string[] {
  const missing = inspect(source).filter((problem) => problem.code === 'fact-missing');
  return [...new Set(missing.flatMap(({ message }) => /\{\{(.+?)\}\}/.exec(message)?.[1] ?? []))].sort();
}

async function openFaq(
  sources: FaqSources,
  { dataDir, clock, log }: { dataDir: string; clock: Clock; log: Log },
): Promise<FaqService> {
  const file = join(dataDir, 'faq-model.bin');
  const isSource = import.meta.url.endsWith('.ts');
  return createFaqService(sources, {
    // The bundle keeps the thread's file beside main.js.
    builder: isSource
      ? createWorkerBuilder()
      : createWorkerBuilder(new URL('./faq/builder-worker.js', import.meta.url)),
    // Before anything was fitted here, the model that came with the build; another FAQ than its own and it is not used.
    load: () => readFile(file).catch(() => readFile(new URL('./faq-model.bin', import.meta.url)).catch(() => null)),
    async save(bytes) {
      // Several processes may share the folder.
      const written = `${file}.${process.pid}.new`;
      await writeFile(written, bytes);
      await rename(written, file);
    },
    now: () => clock.now(),
    onError: (error) => log.warn({ error }, 'the FAQ matcher could not be built or kept'),
  });
}
