import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import type { Organisation } from '../domain/organisation.ts';
import { organisationSchema } from '../domain/organisation-schema.ts';
import type { FaqEntry, Lexicon } from '../faq/types.ts';
import { parseFlow } from '../flow/parse.ts';
import { intentBindingsSchema, type Flow, type IntentBindings } from '../flow/schema.ts';
import { loadLocales } from '../i18n/load.ts';
import type { LocaleResources } from '../i18n/translate.ts';
import { listJsonFiles } from './list-json-files.ts';

/** What FLOWS_DIR and LOCALES_DIR hold: the seed of a new installation, and what `flows check` and `flows test` look at. */
export interface Content {
  readonly flows: readonly Flow[];
  readonly intents: IntentBindings;
  readonly organisation: Organisation;
  readonly faq: { readonly entries: readonly FaqEntry[]; readonly none: readonly string[]; readonly lexicon: Lexicon };
  readonly locales: LocaleResources;
}

const languageMap = z.record(z.string(), z.string());
const entriesSchema = z.strictObject({
  spec: z.literal(1),
  entries: z.array(
    z.object({
      id: z.string(),
      topic: z.string(),
      audience: z.array(z.string()),
      question: languageMap,
      answer: languageMap,
    }),
  ),
});
const phrasingsSchema = z.record(z.string(), z.record(z.string(), z.array(z.string())));
/** What no entry answers: `near`, needs that a water charity might be thought to serve, and `far` from them; the matcher learns one list. */
const noneSchema = z.strictObject({ near: z.array(z.string()), far: z.array(z.string()) });
const lexiconSchema = z.object({
  words: z.record(z.string(), z.array(z.string())),
  greetings: z.array(z.string()),
  politeness: z.array(z.string()),
});

/** Files of FLOWS_DIR that are no flows. */
const otherFiles: ReadonlySet<string> = new Set(['intents.json', 'organisation.json']);

/** @throws AppError 'flow-invalid' or 'config-invalid' naming the file and what is wrong in it */
export async function readContent({
  flowsDir,
  localesDir,
}: {
  flowsDir: string;
  localesDir: string;
}): Promise<Content> {
  return {
    flows: await readFlows(flowsDir),
    intents: await readJson(join(flowsDir, 'intents.json'), intentBindingsSchema),
    organisation: await readJson(join(flowsDir, 'organisation.json'), organisationSchema),
    faq: await readFaq(join(flowsDir, 'faq')),
    locales: await loadLocales(localesDir),
  };
}

/** Reads every flow file before it complains, so that one run names all that is broken. */
async function readFlows(folder: string): Promise<Flow[]> {
  const names = (await listJsonFiles(folder)).filter((name) => !otherFiles.has(name));
  const read = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      return { file, name, parsed: parseFlow(await readJson(file, z.unknown())) };
    }),
  );
  const problems = read.flatMap(({ file, name, parsed }) => {
    if (!parsed.ok) return parsed.problems.map(({ message }) => `${file}: ${message}`);
    return `${parsed.value.id}.json` === name
      ? []
      : [`${file}: flow "${parsed.value.id}" belongs in ${parsed.value.id}.json`];
  });
  if (problems.length > 0) throw new AppError('flow-invalid', problems.join('\n'));
  return read.flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : []));
}

async function readFaq(folder: string): Promise<Content['faq']> {
  const { entries } = await readJson(join(folder, 'entries.json'), entriesSchema);
  const files = await listJsonFiles(join(folder, 'phrasings'));
  const phrasings = await Promise.all(files.map((name) => readJson(join(folder, 'phrasings', name), phrasingsSchema)));
  const byEntry = Object.assign({}, ...phrasings) as z.infer<typeof phrasingsSchema>; // Their ids are disjoint.
  const { near, far } = await readJson(join(folder, 'none.json'), noneSchema);
  return {
    entries: entries.map(({ audience: _audience, ...entry }) => ({ ...entry, phrasings: byEntry[entry.id] ?? {} })),
    none: [...near, ...far],
    lexicon: await readJson(join(folder, 'lexicon.json'), lexiconSchema),
  };
}

async function readJson<Value>(file: string, schema: z.ZodType<Value>): Promise<Value> {
  let value: unknown;
  try {
    value = JSON.parse(await readText(file));
  } catch (cause) {
    throw new AppError('config-invalid', `${file}: expected JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError('config-invalid', `${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('config-invalid', `${file}: expected a file that can be read`, { cause });
  }
}
