import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readShippedRows } from './shipped.ts';

/** A FAQ far larger than the shipped one, and texts that people would ask it. */
export interface LargeContent {
  /** A folder of flows like the repository's, with this FAQ in place of its own. */
  readonly flowsDir: string;
  /** Phrasings with a word left out and a letter lost. */
  readonly queries: readonly string[];
  remove(): Promise<void>;
}

/**
 * Entries made of the shipped phrasings: each entry takes those of a shipped one and replaces half of their words by a few of its
 * own, drawn from all that are shipped. The same at each run.
 */
export async function writeLargeContent(entryCount: number, phrasingsEach: number): Promise<LargeContent> {
  const random = createRandom(1);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const byIntent = new Map<string, string[]>();
  for (const { intent, text } of readShippedRows()) {
    if (intent !== null) byIntent.set(intent, [...(byIntent.get(intent) ?? []), text]);
  }
  const shipped = [...byIntent.values()];
  const words = [...new Set(shipped.flat().flatMap((text) => text.split(' ')))].filter((word) => word.length > 3);

  const entries = Array.from({ length: entryCount }, (_, place) => {
    const own = Array.from({ length: 8 }, () => pick(words));
    const sources = shipped[place % shipped.length]!;
    const texts = new Set<string>();
    while (texts.size <= phrasingsEach) {
      const mixed = pick(sources)
        .split(' ')
        .map((word) => (random() < 0.5 ? word : pick(own)));
      texts.add([...mixed, ...(texts.size % 3 === 0 ? [pick(words)] : [])].join(' '));
    }
    const [question = '', ...phrasings] = texts;
    return { id: `entry-${place}`, question, phrasings };
  });

  const flowsDir = await mkdtemp(join(tmpdir(), 'wasl-bench-flows-'));
  await cp('flows', flowsDir, { recursive: true });
  const faq = join(flowsDir, 'faq');
  for (const file of await readdir(join(faq, 'phrasings'))) await rm(join(faq, 'phrasings', file));
  await writeFile(
    join(faq, 'entries.json'),
    JSON.stringify({
      spec: 1,
      entries: entries.map(({ id, question }) => ({
        ...{ id, topic: 'bench', audience: ['any'] },
        ...{ question: { ar: question }, answer: { ar: `${question} {{org.phone}}`.repeat(8) } },
      })),
    }),
  );
  const phrasings = Object.fromEntries(entries.map((entry) => [entry.id, { ar: entry.phrasings }]));
  await writeFile(join(faq, 'phrasings', 'all.json'), JSON.stringify(phrasings));

  const queries = Array.from({ length: 2000 }, () => {
    const typed = pick(pick(entries).phrasings).split(' ');
    typed.splice(Math.floor(random() * typed.length), 1);
    const text = typed.join(' ');
    const lost = Math.floor(random() * text.length);
    return text.slice(0, lost) + text.slice(lost + 1);
  });
  return { flowsDir, queries, remove: () => rm(flowsDir, { recursive: true, force: true }) };
}

function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x100000000;
  };
}
