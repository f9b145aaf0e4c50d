import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Organisation } from '../domain/organisation.ts';
import { createWorkerBuilder } from '../faq/builder.ts';
import { createFaqService, type FaqService } from '../faq/service.ts';
import { inspect } from '../flow/inspect.ts';
import { createProgram, type Program, type ProgramSource } from '../flow/program.ts';
import { createTranslate, type Translate } from '../i18n/translate.ts';
import type { Log } from '../ports/log.ts';
import type { Repositories } from '../ports/repositories.ts';
import { toProgramSource } from './program-source.ts';
import { readContent, type Content } from './read-content.ts';
import { seedContent } from './seed.ts';

/** What the assistant says and knows, live: a changed fact makes a new program, running sessions go on in it. */
export interface Assistant {
  readonly program: () => Program;
  readonly translate: Translate;
  readonly organisation: () => Organisation;
  readonly saveOrganisation: (organisation: Organisation) => Promise<void>;
  /** Facts that texts ask for and nobody filled in: the sentences that need them are left out. */
  readonly missingFacts: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** Reads the content, seeds the store, and builds the FAQ matcher (from the saved model where nothing changed). */
export async function openAssistant({
  config,
  repositories,
  log,
}: {
  config: Pick<Config, 'flowsDir' | 'localesDir' | 'dataDir' | 'defaultLanguage'>;
  repositories: Repositories;
  log: Log;
}): Promise<Assistant> {
  const content = await readContent(config);
  const published = await seedContent(repositories, content, log);
  const translate = createTranslate({ resources: content.locales, fallbackLanguage: config.defaultLanguage });
  const matcher = await openFaq(content, config.dataDir, log);

  let organisation = published.organisation;
  const toSource = () => toProgramSource(content, { translate, matcher, flows: published.flows, organisation });
  let program = createProgram(toSource());
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
      organisation = changed;
      program = createProgram(toSource());
    },
    missingFacts,
    close: () => matcher.close(),
  };
}

/** Names of the facts that `inspect` misses; its messages name each as a placeholder. */
function factsMissingIn(source: ProgramSource): string[] {
  const missing = inspect(source).filter((problem) => problem.code === 'fact-missing');
  return [...new Set(missing.flatMap(({ message }) => /\{\{(.+?)\}\}/.exec(message)?.[1] ?? []))].sort();
}

async function openFaq(content: Content, dataDir: string, log: Log): Promise<FaqService> {
  const file = join(dataDir, 'faq-model.bin');
  const isSource = import.meta.url.endsWith('.ts');
  return createFaqService(content.faq, {
    // The bundle keeps the thread's file beside main.js.
    builder: isSource
      ? createWorkerBuilder()
      : createWorkerBuilder(new URL('./faq/builder-worker.js', import.meta.url)),
    load: () => readFile(file).catch(() => null),
    async save(bytes) {
      await writeFile(`${file}.new`, bytes);
      await rename(`${file}.new`, file);
    },
    onError: (error) => log.warn({ error }, 'the FAQ matcher could not be built or kept'),
  });
}
